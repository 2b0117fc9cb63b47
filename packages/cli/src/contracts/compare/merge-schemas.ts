import { canonical, type Json, listOf, objectOf } from './json.ts';

/** Bounds that allow more where they are lower. */
export const lowerBounds: ReadonlySet<string> = new Set([
  ...['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties', 'minContains'],
]);
/** Bounds that allow more where they are higher. */
export const upperBounds: ReadonlySet<string> = new Set([
  ...['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties', 'maxContains'],
]);

const schemaKeywords: ReadonlySet<string> = new Set(['items', 'additionalProperties']);

/** The schema of what fits two schemas. Undefined where nothing can: they have different types. */
export function mergeSchemas(one: Json, other: Json): Json | undefined {
  const merged: Record<string, unknown> = { ...one };
  for (const [keyword, value] of Object.entries(other)) {
    merged[keyword] = Object.hasOwn(one, keyword) ? mergeKeyword(keyword, one[keyword], value) : value;
    if (merged[keyword] === undefined) return undefined;
  }
  return merged;
}

function mergeKeyword(keyword: string, one: unknown, other: unknown): unknown {
  if (canonical(one) === canonical(other)) return one;
  if (keyword === 'type') return mergeTypes(one, other);
  if (keyword === 'enum') return sharedValues(listOf(one), listOf(other));
  if (keyword === 'required') return [...new Set([...listOf(one), ...listOf(other)])];
  if (keyword === 'properties') return mergeProperties(objectOf(one), objectOf(other));
  if (keyword === 'uniqueItems') return one === true || other === true;
  if (lowerBounds.has(keyword)) return Math.max(Number(one), Number(other));
  if (upperBounds.has(keyword)) return Math.min(Number(one), Number(other));
  if (schemaKeywords.has(keyword)) return one === false || other === false ? false : { allOf: [one, other] };
  if (typeof one === 'string' && typeof other === 'string') return [one, other].sort().join(' and ');
  return [one, other];
}

function mergeTypes(one: unknown, other: unknown): unknown {
  const types = [one, other];
  return types.includes('integer') && types.includes('number') ? 'integer' : undefined;
}

function sharedValues(one: readonly unknown[], other: readonly unknown[]): readonly unknown[] | undefined {
  const known = new Set(other.map(canonical));
  const values = one.filter((value) => known.has(canonical(value)));
  return values.length > 0 ? values : undefined;
}

function mergeProperties(one: Json, other: Json): Json {
  const merged: Record<string, unknown> = { ...one };
  for (const [name, schema] of Object.entries(other)) {
    const before = Object.hasOwn(one, name) ? one[name] : undefined;
    const isSame = before === undefined || canonical(before) === canonical(schema);
    merged[name] = isSame ? schema : { allOf: [before, schema] };
  }
  return merged;
}
