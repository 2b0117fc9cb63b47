import type { StandardJSONSchemaV1 } from '@standard-schema/spec';
import { messageOf } from '../text/message-of.ts';
import { libraryOptions, wireWords } from './json-words.ts';
import type { Schema } from './schema.ts';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** `input`: what goes into a schema. `output`: what comes out of it. */
export type Side = 'input' | 'output';

const forTheWire = { target: 'draft-2020-12', libraryOptions: libraryOptions(wireWords) } as const;

/**
 * JSON Schema of a schema for ourselves, or `{}` (anything) without one: types that JSON has no word for have their own names as `type`, for example
 * `["date"]`, with `coerced: true` where the schema also takes a text for it.
 */
export function wireSchemaOf(schema: Schema, side: Side): JsonSchema {
  const before = converted.get(schema);
  if (before?.[side]) return before[side];
  const json = convertedSchema(schema, side, forTheWire).json ?? {};
  converted.set(schema, { ...before, [side]: json });
  return json;
}

const notOffered = 'it does not offer one';

/** What to do where a library offers no JSON Schema, by its vendor. */
const remedies = new Map([
  ['valibot', 'wrap it in toStandardJsonSchema() of @valibot/to-json-schema'],
  ['zod', 'take zod 4.2 or later'],
]);

/** Says why a schema has no JSON Schema, as the end of a sentence; undefined where it has one. */
export function jsonSchemaFault(schema: Schema): string | undefined {
  const { reason } = convertedSchema(schema, 'input', forTheWire);
  if (!reason) return undefined;
  const { vendor } = schema['~standard'];
  const remedy = reason === notOffered ? remedies.get(vendor) : undefined;
  return `of ${vendor} has no JSON Schema, which documents and queries need (${reason})${remedy ? `: ${remedy}` : ''}`;
}

const converted = new WeakMap<Schema, Partial<Record<Side, JsonSchema>>>();

/** What a schema's library makes of it, or why it makes nothing. */
export function convertedSchema(
  schema: Schema,
  side: Side,
  options: StandardJSONSchemaV1.Options,
): { json?: JsonSchema; reason?: string } {
  const { jsonSchema: converter } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  if (!converter) return { reason: notOffered };
  try {
    // The document that holds the schema names the draft.
    const { $schema: _, ...json } = converter[side](options);
    // Defaults may be of types that JSON lacks.
    return { json: JSON.parse(JSON.stringify(json, bigintAsNumber)) };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

function bigintAsNumber(_keyword: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Follows `$ref`s to the schema that they lead to. The other members of a schema with a `$ref` hold beside it. */
export function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let found = schema;
  // Bounded: references may lead in a circle.
  for (let step = 0; typeof found.$ref === 'string' && step < 16; step++) {
    const { $ref, ...beside } = found;
    const target = at($ref as string, root);
    found = Object.keys(beside).length > 0 ? { ...target, ...beside } : target;
  }
  return found;
}

function at(ref: string, root: JsonSchema): JsonSchema {
  const steps = ref.split('/').slice(1);
  let found: unknown = root;
  for (const step of steps) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    found = typeof found === 'object' && found !== null ? (found as JsonSchema)[name] : undefined;
  }
  return (found ?? {}) as JsonSchema;
}

/** The members of an object schema. */
export interface ObjectMembers {
  /** By name: the schemas that hold for a member; several where the object is one of several. */
  readonly schemas: ReadonlyMap<string, readonly JsonSchema[]>;
  readonly required: ReadonlySet<string>;
  /** The schema of further members; false: none is allowed; undefined: the schema does not say. */
  readonly further: JsonSchema | false | undefined;
}

/** The members of a schema that describes an object, or one of several; undefined where it may be something else. */
export function objectMembers(schema: JsonSchema, root: JsonSchema = schema, depth = 0): ObjectMembers | undefined {
  const own = resolved(schema, root);
  if (depth > 8) return undefined;
  const parts = (name: string) => (Array.isArray(own[name]) ? (own[name] as JsonSchema[]) : undefined);
  const all = parts('allOf');
  if (all) return merged(all, 'all', root, depth);
  const any = parts('anyOf') ?? parts('oneOf');
  if (any) return merged(any, 'any', root, depth);
  if (own.type !== 'object') return undefined;
  const properties = Object.entries((own.properties ?? {}) as Record<string, JsonSchema>);
  const { additionalProperties, patternProperties } = own;
  const further = patternProperties ? undefined : (additionalProperties as JsonSchema | boolean | undefined);
  return {
    schemas: new Map(properties.map(([name, member]) => [name, [member]])),
    required: new Set((own.required ?? []) as string[]),
    further: further === true ? {} : further,
  };
}

function merged(
  parts: readonly JsonSchema[],
  how: 'all' | 'any',
  root: JsonSchema,
  depth: number,
): ObjectMembers | undefined {
  const objects = parts.map((part) => objectMembers(part, root, depth + 1));
  const known = objects.filter((one) => one !== undefined);
  // One of all is enough: the others narrow it down.
  if (how === 'any' ? known.length < parts.length : known.length === 0) return undefined;
  const schemas = new Map<string, readonly JsonSchema[]>();
  for (const one of known) {
    for (const [name, list] of one.schemas) {
      const before = schemas.get(name) ?? [];
      schemas.set(name, how === 'any' ? [...before, ...list] : before.length > 0 ? before : list);
    }
  }
  const names = [...schemas.keys()];
  const isRequired = (name: string) =>
    how === 'any'
      ? known.every(({ required }) => required.has(name))
      : known.some(({ required }) => required.has(name));
  return {
    schemas,
    required: new Set(names.filter(isRequired)),
    further: known.every((one) => one.further === false) ? false : undefined,
  };
}
