import { CallError } from '../errors/call-error.ts';
import { hasDotSegment } from './dot-segment.ts';

/** A path with named parameters, each a whole segment: `/api/greetings/{language}`. */
export interface PathTemplate {
  readonly template: string;
  readonly parameters: readonly string[];
  /** Puts the values in. @throws CallError `invalid_input` where a value cannot be a path segment */
  build(values: Readonly<Record<string, unknown>>): string;
}

const segmentPattern = /^(?:\{([A-Za-z_]\w*)\}|[A-Za-z0-9._~-]+)$/;

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
  if (parameters.length === 0) return { template, parameters, build: () => template };

  const build = (values: Readonly<Record<string, unknown>>) => {
    let path = '';
    for (const { parameter, text } of segments) {
      path += `/${parameter === undefined ? text : encodeSegment(parameter, values[parameter])}`;
    }
    return path;
  };
  return { template, parameters, build };
}

function parseSegment(text: string, template: string): { text: string; parameter: string | undefined } {
  const match = segmentPattern.exec(text);
  if (match) return { text, parameter: match[1] };
  throw new TypeError(
    `path ${template}: segment ${JSON.stringify(text)} must be plain text or one {parameter}, for example /api/greetings/{language}`,
  );
}

function encodeSegment(name: string, value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  if (typeof text === 'string' && text !== '' && text.isWellFormed() && !hasDotSegment(text)) {
    return encodeURIComponent(text);
  }
  const message = 'must be a non-empty string or a number, with no "." or ".." between slashes and no lone surrogate';
  throw new CallError('invalid_input', `path parameter ${name} cannot be ${JSON.stringify(value)}: it ${message}`, {
    issues: [{ path: name, message }],
  });
}
