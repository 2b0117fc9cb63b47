import { type ApiDocument, type ApiOperation, readDocument } from './api-document.ts';
import { type Change, changeOf, type Finding } from './change.ts';
import { compareRequestBodies } from './compare-bodies.ts';
import { compareCache } from './compare-cache.ts';
import { compareErrors } from './compare-errors.ts';
import { compareParameters, pathShape } from './compare-parameters.ts';
import { comparePromises } from './compare-promises.ts';
import { compareReplies } from './compare-replies.ts';
import { SchemaComparison } from './compare-schemas.ts';
import { compareSecurity } from './compare-security.ts';
import type { Json } from './json.ts';
import type { Direction } from './rules.ts';

/**
 * Compares two OpenAPI documents of one contract, as `openapi(contract)` makes them.
 *
 * @param before the document that callers know
 * @param after the document that they will meet
 * @returns each change, those that break callers first
 */
export function compareContracts(before: Json, after: Json): Change[] {
  const [old, now] = [readDocument(before), readDocument(after)];
  const schemas = new SchemaComparison(before, after);
  const pairs = pairsOf(old, now);
  const met = new Set([...pairs.values()]);
  const added = now.operations.filter((operation) => !met.has(operation));
  const changes = [
    ...old.operations.flatMap((one) => {
      const other = pairs.get(one);
      return other
        ? compareOperations([old, one], [now, other], schemas)
        : [changeOf(now.name, one.name, 'request', { rule: 'operation-removed', where: '' })];
    }),
    ...added.map(({ name }) => changeOf(now.name, name, 'request', { rule: 'operation-added', where: '' })),
  ];
  return [...changes.filter(({ isBreaking }) => isBreaking), ...changes.filter(({ isBreaking }) => !isBreaking)];
}

/** Operations that are the same one: by `operationId`, the others by method and path. */
function pairsOf(before: ApiDocument, after: ApiDocument): ReadonlyMap<ApiOperation, ApiOperation> {
  const pairs = new Map<ApiOperation, ApiOperation>();
  const free = new Set(after.operations);
  const pair = (isSame: (one: ApiOperation, other: ApiOperation) => boolean) => {
    for (const one of before.operations) {
      const other = pairs.has(one) ? undefined : [...free].find((each) => isSame(one, each));
      if (!other) continue;
      pairs.set(one, other);
      free.delete(other);
    }
  };
  pair((one, other) => one.hasId && other.hasId && one.name === other.name);
  pair((one, other) => one.method === other.method && pathShape(one.path) === pathShape(other.path));
  return pairs;
}

type Side = readonly [ApiDocument, ApiOperation];

function compareOperations(before: Side, after: Side, schemas: SchemaComparison): Change[] {
  const [[, one], [document, other]] = [before, after];
  const found: Readonly<Record<Direction, readonly Finding[]>> = {
    request: [
      ...addressChanges(one, other),
      ...comparePromises(one, other),
      ...compareSecurity(before, after),
      ...compareParameters(one, other, schemas),
      ...compareRequestBodies(before, after, schemas),
    ],
    reply: [
      ...compareReplies(before, after, schemas),
      ...compareErrors(before, after, schemas),
      ...compareCache(before, after),
    ],
  };
  // Under the name that callers know.
  return (['request', 'reply'] as const).flatMap((direction) =>
    found[direction].map((finding) => changeOf(document.name, one.name, direction, finding)),
  );
}

function addressChanges(before: ApiOperation, after: ApiOperation): Finding[] {
  const isRenamed = before.hasId && after.hasId && before.name !== after.name;
  const isMoved = pathShape(before.path) !== pathShape(after.path);
  const changes: readonly (Finding | false)[] = [
    isRenamed && { rule: 'operation-renamed', where: '', before: before.name, after: after.name },
    before.method !== after.method && { rule: 'method-changed', where: '', before: before.method, after: after.method },
    isMoved && { rule: 'path-changed', where: '', before: before.path, after: after.path },
  ];
  return changes.filter((one) => one !== false);
}
