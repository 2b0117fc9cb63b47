import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

/**
 * Any validator that speaks Standard Schema (zod, valibot, arktype, …): the packages depend on the
 * specification, not on a library. https://standardschema.dev
 */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** What a caller may give for a schema: before defaults, coercions and transforms. */
export type InputOf<S> = S extends Schema ? StandardSchemaV1.InferInput<S> : Record<string, never>;

/** What comes out of a schema: after defaults, coercions and transforms. */
export type OutputOf<S> = S extends Schema ? StandardSchemaV1.InferOutput<S> : undefined;

/** One thing that is wrong with a value: where (`address.0.street`, empty for the whole) and what. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** Either the value that came out of the schema, or what is wrong with the one that went in. */
export type Validation<T> = { readonly value: T } | { readonly issues: readonly Issue[] };

/**
 * Runs a schema over a value; answers with the list of issues where it does not fit, and throws nothing
 * for it. At once, unless the schema is asynchronous: most aren't, and waiting costs as much as a small check.
 */
export function validate<S extends Schema>(
  schema: S,
  value: unknown,
): Validation<OutputOf<S>> | Promise<Validation<OutputOf<S>>> {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then(toValidation<OutputOf<S>>) : toValidation<OutputOf<S>>(result);
}

function toValidation<T>(result: StandardSchemaV1.Result<unknown>): Validation<T> {
  if (!result.issues) return { value: result.value as T };
  return { issues: result.issues.map((issue) => ({ path: joinPath(issue.path), message: issue.message })) };
}

function joinPath(path: StandardSchemaV1.Issue['path']): string {
  return (path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
}

// Of what JSON Schema has no word for, a Date for example, its document says "anything". The option is zod's; who knows
// it not ignores it.
const options = { target: 'draft-2020-12', libraryOptions: { unrepresentable: 'any' } } as const;

/** JSON Schema (draft 2020-12) of a schema, or `{}` (anything) where its library offers none or cannot say it. */
export function jsonSchemaOf(schema: Schema, side: 'input' | 'output'): Record<string, unknown> {
  const { jsonSchema: converter } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>;
  if (!converter) return {};
  try {
    // The document that a schema is put into says which draft it is.
    const { $schema: _, ...json } = converter[side](options);
    return json;
  } catch {
    return {};
  }
}
