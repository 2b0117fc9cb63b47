import { type JsonSchema, objectMembers, resolved } from '../schemas/json-schema.ts';
import type { Components } from './components.ts';

/** An object of a document. */
export type Json = Record<string, unknown>;

/** A member of an object schema that is described on its own. */
export interface SplitMember {
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/**
 * Takes some members out of an object schema, since they are described elsewhere: as parameters or headers.
 *
 * @param members names; `undefined` takes all out
 * @returns the members by name, and the schema of the rest
 */
export function splitSchema(
  schema: JsonSchema,
  members: readonly string[] | undefined,
  components: Components,
  { isCopied = false } = {},
): { split: ReadonlyMap<string, SplitMember>; rest: JsonSchema } {
  const root = { components };
  const object = objectMembers(schema, root);
  const names = members ?? [...(object?.schemas.keys() ?? [])];
  const split = names.flatMap((name): [string, SplitMember][] => {
    const schemas = object?.schemas.get(name) ?? [];
    const different = [...new Map(schemas.map((one) => [JSON.stringify(one), one])).values()];
    const [first] = different;
    if (!first) return [];
    const isRequired = object?.required.has(name) ?? false;
    return [[name, { schema: different.length > 1 ? { anyOf: different } : first, isRequired }]];
  });
  const isWhole = names.length === 0 && !isCopied;
  return { split: new Map(split), rest: isWhole ? schema : without(schema, names, root) };
}

function without(schema: JsonSchema, members: readonly string[], root: JsonSchema): JsonSchema {
  const own = resolved(schema, root);
  const kept: Record<string, unknown> = { ...own };
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    if (Array.isArray(own[keyword]))
      kept[keyword] = own[keyword].map((part: JsonSchema) => without(part, members, root));
  }
  if (typeof own.properties === 'object' && own.properties !== null) {
    const entries = Object.entries(own.properties).filter(([name]) => !members.includes(name));
    kept.properties = Object.fromEntries(entries);
  }
  if (Array.isArray(own.required)) kept.required = own.required.filter((name) => !members.includes(name as string));
  return kept;
}
