import type { ApiDocument, ApiOperation } from './api-document.ts';
import { type Finding, within } from './change.ts';
import type { SchemaComparison } from './compare-schemas.ts';
import { type Json, objectOf } from './json.ts';

type Side = 'request' | 'reply';

/** Compares the bodies that callers send. */
export function compareRequestBodies(
  [before, one]: readonly [ApiDocument, ApiOperation],
  [after, other]: readonly [ApiDocument, ApiOperation],
  schemas: SchemaComparison,
): Finding[] {
  const [hadBody, hasBody] = [one, other].map(({ json }) => json.requestBody !== undefined);
  const old = before.reader.resolve(one.json.requestBody);
  const now = after.reader.resolve(other.json.requestBody);
  const [was, is] = [old, now].map(({ required }) => required === true);
  const where = 'body';
  if (!hadBody && !hasBody) return [];
  if (!hasBody) return [{ rule: 'request-body-removed', where }];
  if (!hadBody) return [{ rule: is ? 'required-request-body-added' : 'request-body-added', where }];
  return [
    ...(was === is
      ? []
      : [{ rule: is ? 'request-body-became-required' : 'request-body-became-optional', where } as const]),
    ...compareContent('request', where, objectOf(old.content), objectOf(now.content), schemas),
  ];
}

/** Compares bodies by their media types. */
export function compareContent(
  side: Side,
  where: string,
  before: Json,
  after: Json,
  schemas: SchemaComparison,
): Finding[] {
  const gone = Object.keys(before).filter((type) => !isCovered(type, after));
  const fresh = Object.keys(after).filter((type) => !isCovered(type, before));
  return [
    ...gone.map((type): Finding => ({ rule: `${side}-media-type-removed`, where, before: type })),
    ...fresh.map((type): Finding => ({ rule: `${side}-media-type-added`, where, after: type })),
    ...Object.keys(before)
      .filter((type) => Object.hasOwn(after, type))
      .flatMap((type) => compareMedia(where, objectOf(before[type]), objectOf(after[type]), schemas)),
  ];
}

function compareMedia(where: string, before: Json, after: Json, schemas: SchemaComparison): readonly Finding[] {
  return [
    ...within(where, schemas.compare(before.schema, after.schema)),
    ...within(`${where} item`, schemas.compare(before.itemSchema, after.itemSchema)),
  ];
}

/** Whether a body may have a type, by its name or by a range such as `image/*`. */
function isCovered(type: string, content: Json): boolean {
  const [main = ''] = type.split('/');
  return [type, `${main}/*`, '*/*'].some((range) => Object.hasOwn(content, range));
}
