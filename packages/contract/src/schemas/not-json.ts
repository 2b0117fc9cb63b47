import { type JsonSchema, resolved } from './json-schema.ts';

const advice: Readonly<Record<string, string>> = {
  date: 'arrives as a string: use a string of ISO 8601, z.coerce.date() or a codec',
  bigint: 'JSON cannot hold: use a string, or a codec of one',
};
const types = new Set<unknown>(['string', 'number', 'integer', 'boolean', 'null', 'object', 'array']);

/**
 * Finds a value in a wire schema (`wireSchemaOf`) that JSON would change, as a clause: `visits.*.at is a date, which …`.
 * Undefined where there is none. What a schema does not say is taken for JSON.
 *
 * @param direction `out`: the value becomes JSON, where a date is a string; `in`: the value comes from JSON
 */
export function notJson(root: JsonSchema, direction: 'in' | 'out'): string | undefined {
  const isJson = (type: unknown, { coerced }: JsonSchema) =>
    types.has(type) || (type === 'date' && (direction === 'out' || coerced === true));
  return find(root, [], { root, isJson, seen: new Set() });
}

interface Search {
  readonly root: JsonSchema;
  readonly seen: Set<unknown>;
  isJson(type: unknown, schema: JsonSchema): boolean;
}

function find(schema: JsonSchema, path: readonly string[], search: Search): string | undefined {
  const { root, seen, isJson } = search;
  // A reference may lead in a circle.
  const key = schema.$ref ?? schema;
  if (seen.has(key)) return undefined;
  seen.add(key);
  const own = resolved(schema, root);
  const strange = [own.type ?? []].flat().find((type) => !isJson(type, own));
  if (strange !== undefined) {
    return `${path.join('.') || 'the whole'} is a ${strange}, which ${advice[String(strange)] ?? 'JSON cannot hold'}`;
  }
  for (const [step, part] of partsOf(own)) {
    const clause = find(part, step === undefined ? path : [...path, step], search);
    if (clause) return clause;
  }
  return undefined;
}

/** The schemas within a schema, each with its step in a path. */
function partsOf(schema: JsonSchema): [step: string | undefined, part: JsonSchema][] {
  const named = ['properties', 'patternProperties', 'prefixItems'].flatMap((keyword) =>
    Object.entries((schema[keyword] ?? {}) as Record<string, JsonSchema>),
  );
  const each = ['items', 'additionalProperties'].flatMap((keyword) => {
    const part = schema[keyword];
    return typeof part === 'object' && part !== null ? [['*', part] as [string, JsonSchema]] : [];
  });
  const alternatives = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) =>
    ((schema[keyword] ?? []) as JsonSchema[]).map((part) => [undefined, part] as [undefined, JsonSchema]),
  );
  return [...named, ...each, ...alternatives];
}
