import type { ApiDocument, ApiOperation } from './api-document.ts';
import { type Finding, within } from './change.ts';
import { compareContent } from './compare-bodies.ts';
import type { SchemaComparison } from './compare-schemas.ts';
import { type Json, objectOf } from './json.ts';

type Side = readonly [ApiDocument, ApiOperation];

/** Compares what callers get: statuses, headers, bodies, streams. */
export function compareReplies(before: Side, after: Side, schemas: SchemaComparison): Finding[] {
  const isParleys = [before, after].every(([, { json }]) => json['x-parley'] !== undefined);
  const [old, now] = [repliesOf(before, isParleys), repliesOf(after, isParleys)];
  return [
    ...statusChanges(old, now),
    ...[...old].flatMap(([status, reply]) => {
      const other = now.get(status);
      if (!other) return [];
      return isFailure(status)
        ? compareFailures(status, reply, other, schemas)
        : [...compareHeaders(status, reply, other, schemas), ...compareReply(status, reply, other, schemas)];
    }),
  ];
}

function repliesOf([{ reader }, { json }]: Side, isParleys: boolean): ReadonlyMap<string, Json> {
  // Caches know 304, callers never see it.
  const entries = Object.entries(objectOf(json.responses)).filter(
    ([status]) => status !== '304' && !(isParleys && isFailure(status)),
  );
  return new Map(entries.map(([status, reply]) => [status, withHeaders(reader.resolve(reply), reader)]));
}

function withHeaders(reply: Json, reader: ApiDocument['reader']): Json {
  const headers = Object.entries(objectOf(reply.headers)).map(([name, header]) => [
    name.toLowerCase(),
    reader.resolve(header),
  ]);
  return { ...reply, headers: Object.fromEntries(headers) };
}

/** The life of a reply in caches has rules of its own; that of an operation, and another end of it, breaks nobody. */
const passedOver = new Set(['cache-control', 'cache-groups', 'cache-group-invalidation', 'deprecation', 'sunset']);

function isFailure(status: string): boolean {
  return !/^[23]/.test(status);
}

function statusChanges(old: ReadonlyMap<string, Json>, now: ReadonlyMap<string, Json>): Finding[] {
  const gone = [...old.keys()].filter((status) => !now.has(status));
  const fresh = [...now.keys()].filter((status) => !old.has(status));
  return [
    ...gone.map(
      (status): Finding => ({
        rule: isFailure(status) ? 'failure-status-removed' : 'success-status-removed',
        where: status,
        before: status,
      }),
    ),
    ...fresh.map(
      (status): Finding => ({
        rule: isFailure(status) ? 'failure-status-added' : 'success-status-added',
        where: status,
        after: status,
      }),
    ),
  ];
}

function compareHeaders(status: string, before: Json, after: Json, schemas: SchemaComparison): Finding[] {
  const [old, now] = [objectOf(before.headers), objectOf(after.headers)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names
    .filter((name) => !passedOver.has(name))
    .flatMap((name) => {
      const where = `${status} header.${name}`;
      const [one, other] = [objectOf(old[name]), objectOf(now[name])];
      const [was, is] = [one.required === true, other.required === true];
      if (!Object.hasOwn(now, name))
        return [{ rule: was ? 'required-header-removed' : 'header-removed', where } as const];
      if (!Object.hasOwn(old, name)) return [{ rule: 'header-added', where } as const];
      const inside = within(where, schemas.compare(one.schema, other.schema));
      if (was === is) return inside;
      return [{ rule: is ? 'header-became-required' : 'header-became-optional', where } as const, ...inside];
    });
}

function compareReply(status: string, before: Json, after: Json, schemas: SchemaComparison): Finding[] {
  const [old, now] = [objectOf(before.content), objectOf(after.content)];
  const where = `${status} body`;
  const [types, laterTypes] = [Object.keys(old), Object.keys(now)];
  if (types.length === 0 && laterTypes.length === 0) return [];
  if (laterTypes.length === 0) return [{ rule: 'reply-body-removed', where }];
  if (types.length === 0) return [{ rule: 'reply-body-added', where }];
  const [framing, laterFraming] = [framingOf(old), framingOf(now)];
  if (framing === laterFraming) return compareContent('reply', where, old, now, schemas);
  if (framing === undefined) return [{ rule: 'reply-became-stream', where }];
  if (laterFraming === undefined) return [{ rule: 'reply-stopped-streaming', where }];
  const [one, other] = [objectOf(old[framing]), objectOf(now[laterFraming])];
  return [
    { rule: 'stream-framing-changed', where, before: framing, after: laterFraming },
    ...within(`${where} item`, schemas.compare(one.itemSchema, other.itemSchema)),
  ];
}

/** The media type of a stream. OpenAPI 3.2 §4.14.1 has `itemSchema`. */
function framingOf(content: Json): string | undefined {
  return Object.keys(content).find((type) => objectOf(content[type]).itemSchema !== undefined);
}

/** Any failure may come at any time, so one more is no change. Declared errors have a comparison of their own. */
function compareFailures(status: string, before: Json, after: Json, schemas: SchemaComparison): Finding[] {
  const [old, now] = [objectOf(before.content), objectOf(after.content)];
  const found = compareContent('reply', `${status} body`, old, now, schemas);
  return found.filter(({ rule, where }) => !(where === `${status} body` && rule.startsWith('variant-')));
}
