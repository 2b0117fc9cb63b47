import { CallError } from '../errors/call-error.ts';
import { hasDotSegment, hasEmptySegment } from './dot-segment.ts';

/** A path with named parameters, each a whole segment: `/api/greetings/{language}`. The last may be all that follows: `/files/{path*}`. */
export interface PathTemplate {
  readonly template: string;
  readonly parameters: readonly string[];
  /** The parameter that is all that follows, slashes included. */
  readonly rest: string | undefined;
  /** Puts the values in. @throws CallError `invalid_input` where a value cannot be a path segment */
  build(values: Readonly<Record<string, unknown>>): string;
}

const segmentPattern = /^(?:\{([A-Za-z_]\w*)(\*?)\}|(?!\.\.?$)[\w.~-]+)$/;

/** Parses a path template. @throws TypeError that names the part which is wrong */
export function pathTemplate(template: string): PathTemplate {
  if (!template.startsWith('/')) throw new TypeError(`path ${template} must start with /`);
  const segments = template
    .slice(1)
    .split('/')
    .map((segment) => parseSegment(segment, template));
  const parameters = segments.flatMap(({ parameter }) => parameter ?? []);
  const twice = parameters.find((name, index) => parameters.indexOf(name) !== index);
  if (twice) throw new TypeError(`path ${template} has the parameter {${twice}} twice`);
  const early = segments.slice(0, -1).find(({ isRest }) => isRest);
  if (early) throw new TypeError(`path ${template} must end with {${early.parameter}*}, which is all that follows`);
  const rest = segments.find(({ isRest }) => isRest)?.parameter;
  if (parameters.length === 0) return { template, parameters, rest, build: () => template };

  const build = (values: Readonly<Record<string, unknown>>) => {
    let path = '';
    for (const { parameter, text, isRest } of segments) {
      path += `/${parameter === undefined ? text : encodeValue(parameter, values[parameter], isRest)}`;
    }
    return path;
  };
  return { template, parameters, rest, build };
}

interface Segment {
  readonly text: string;
  readonly parameter: string | undefined;
  readonly isRest: boolean;
}

function parseSegment(text: string, template: string): Segment {
  const match = segmentPattern.exec(text);
  if (match) return { text, parameter: match[1], isRest: match[2] === '*' };
  throw new TypeError(
    `path ${template}: segment ${JSON.stringify(text)} must be plain text (no . or ..) or one {parameter}, as in /api/greetings/{language}`,
  );
}

function encodeValue(name: string, value: unknown, isRest: boolean): string {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  const isFine = typeof text === 'string' && text !== '' && text.isWellFormed() && !hasDotSegment(text);
  if (isFine && !isRest) return encodeURIComponent(text);
  if (isFine && !hasEmptySegment(text)) return text.split('/').map(encodeURIComponent).join('/');
  const message = `must be a non-empty string or a number, with no "." or ".."${isRest ? ', nor nothing,' : ''} between slashes and no lone surrogate`;
  throw new CallError('invalid_input', `path parameter ${name} cannot be ${JSON.stringify(value)}: it ${message}`, {
    issues: [{ path: name, message }],
  });
}
