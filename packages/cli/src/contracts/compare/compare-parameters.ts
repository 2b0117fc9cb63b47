import type { ApiOperation } from './api-document.ts';
import { type Finding, within } from './change.ts';
import type { SchemaComparison } from './compare-schemas.ts';
import { type Json, objectOf } from './json.ts';

type Parameters = ApiOperation['parameters'];

const keyHeader = 'header.idempotency-key';

/** Compares what callers send in path, query and headers. */
export function compareParameters(before: ApiOperation, after: ApiOperation, schemas: SchemaComparison): Finding[] {
  const renamed = renamedInPath(before, after);
  const old: Parameters = new Map([...before.parameters].map(([place, one]) => [renamed.get(place) ?? place, one]));
  const now = after.parameters;
  const moved = movedParameters(old, now);
  const movedTo = new Set([...moved.values()]);
  return [
    ...[...renamed].map(([where, to]): Finding => ({ rule: 'path-parameter-renamed', where, after: nameOf(to) })),
    ...[...moved].map(
      ([from, to]): Finding => ({ rule: 'parameter-moved', where: from, before: from, after: inOf(to) }),
    ),
    // Safety says more of a key than that its header is there.
    ...[...old.keys()]
      .filter((place) => !now.has(place) && !moved.has(place) && place !== keyHeader)
      .map((where): Finding => ({ rule: 'parameter-removed', where })),
    ...[...now].flatMap(([place, parameter]) => {
      const earlier = old.get(place);
      if (earlier) return compareParameter(place, earlier, parameter, schemas);
      return movedTo.has(place) ? [] : [added(place, parameter)];
    }),
  ];
}

/** Parameters of the path with another name at the same place: old place → new place. */
function renamedInPath(before: ApiOperation, after: ApiOperation): ReadonlyMap<string, string> {
  const [old, now] = [before.path, after.path].map((path) =>
    [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name),
  );
  if (pathShape(before.path) !== pathShape(after.path) || !old || !now) return new Map();
  const pairs = old.map((name, index) => [`path.${name}`, `path.${now[index]}`] as const);
  return new Map(pairs.filter(([one, other]) => one !== other));
}

/** A path without the names of its parameters. */
export function pathShape(path: string): string {
  return path.replace(/\{[^}]*\}/g, '{}');
}

/** Parameters that have the same name in another place: old place → new place. */
function movedParameters(old: Parameters, now: Parameters): ReadonlyMap<string, string> {
  const fresh = [...now.keys()].filter((place) => !old.has(place));
  const gone = [...old.keys()].filter((place) => !now.has(place));
  return new Map(
    gone.flatMap((from) => {
      const to = fresh.find((place) => nameOf(place).toLowerCase() === nameOf(from).toLowerCase());
      return to === undefined ? [] : [[from, to] as const];
    }),
  );
}

function nameOf(place: string): string {
  return place.slice(place.indexOf('.') + 1);
}

function inOf(place: string): string {
  return place.slice(0, place.indexOf('.'));
}

function added(where: string, parameter: Json): Finding {
  if (parameter.required !== true) return { rule: 'parameter-added', where };
  return { rule: where === keyHeader ? 'key-became-required' : 'required-parameter-added', where };
}

function compareParameter(where: string, before: Json, after: Json, schemas: SchemaComparison): Finding[] {
  const [was, is] = [before.required === true, after.required === true];
  const nowRequired = where === keyHeader ? 'key-became-required' : 'parameter-became-required';
  const [old, now] = [before, after].map(styleOf) as [string, string];
  return [
    ...(was === is ? [] : [{ rule: is ? nowRequired : 'parameter-became-optional', where } as const]),
    ...(old === now ? [] : [{ rule: 'parameter-style-changed', where, before: old, after: now } as const]),
    ...within(where, schemas.compare(schemaOf(before), schemaOf(after))),
  ];
}

function schemaOf(parameter: Json): unknown {
  const [content] = Object.values(objectOf(parameter.content));
  return content === undefined ? parameter.schema : objectOf(content).schema;
}

/** How lists and objects are written. OpenAPI 3.1 §4.8.12. */
function styleOf({ in: place, style, explode, content }: Json): string {
  const [type] = Object.keys(objectOf(content));
  if (type !== undefined) return type;
  const isForm = place === 'query' || place === 'cookie';
  const used = style ?? (isForm ? 'form' : 'simple');
  return `${used}${(explode ?? used === 'form') ? ', one for each element' : ''}`;
}
