import { isRecord } from '@parley/contract';
import { canonical, type Json, listOf, objectOf } from './json.ts';
import { mergeSchemas } from './merge-schemas.ts';

/** A schema as a list of alternatives, each of one type and without references, `allOf`, `anyOf` and `oneOf` of its own. */
export interface FlatSchema {
  /** None of them is null. */
  readonly variants: readonly Json[];
  readonly isNullable: boolean;
  /** Takes every value, null too. */
  readonly isAnything: boolean;
}

/** Words of a schema for people, which say nothing of what is valid. */
const annotations = new Set([
  ...['title', 'description', 'examples', 'example', 'deprecated', 'readOnly', 'writeOnly', 'externalDocs', 'xml'],
  ...['$schema', '$id', '$anchor', '$comment', '$defs', 'definitions', 'discriminator', 'nullable', 'coerced'],
]);
const composed = new Set(['$ref', 'allOf', 'anyOf', 'oneOf', 'const', 'type']);

const keywordsOf: Readonly<Record<string, readonly string[]>> = {
  object: [
    ...['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties', 'patternProperties'],
    ...['propertyNames', 'dependentRequired', 'dependentSchemas', 'unevaluatedProperties'],
  ],
  array: [
    ...['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains', 'minContains', 'maxContains'],
    'unevaluatedItems',
  ],
  string: ['minLength', 'maxLength', 'pattern', 'format', 'contentEncoding', 'contentMediaType', 'contentSchema'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'format'],
};
const typeOfKeyword = new Map(
  ['number', 'string', 'array', 'object'].flatMap((type) => (keywordsOf[type] ?? []).map((word) => [word, type])),
);
/** More alternatives than this are not multiplied out. */
const maxVariants = 64;
/** In place of keywords, in words for people. */
const unread = { elsewhere: 'a reference into another file', tooMany: 'a product of many alternatives' } as const;
const never: Json = { type: 'never' };

/** Reads the schemas of one document. */
export class SchemaReader {
  readonly #root: Json;
  readonly #flat = new WeakMap<object, FlatSchema>();

  /** @param root the document that references lead into */
  constructor(root: Json) {
    this.#root = root;
  }

  /** What a reference leads to, or the value itself. */
  resolve(value: unknown): Json {
    let found = value;
    const seen = new Set<string>();
    while (isRecord(found) && typeof found.$ref === 'string' && Object.keys(found).length === 1) {
      if (seen.has(found.$ref)) return {};
      seen.add(found.$ref);
      found = this.#target(found.$ref);
    }
    return schemaOf(found);
  }

  /** The alternatives of a schema. The same object each time. */
  flat(value: unknown): FlatSchema {
    const schema = this.resolve(value);
    let flat = this.#flat.get(schema);
    if (!flat) {
      flat = summary(joined(this.#variants(schema, new Set())));
      this.#flat.set(schema, flat);
    }
    return flat;
  }

  #target(ref: string): unknown {
    // A document may be in several files; what is in another file is compared by its name.
    if (!ref.startsWith('#')) return { [unread.elsewhere]: ref };
    const steps = ref.split('/').slice(1);
    return steps.reduce<unknown>((value, step) => {
      const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (Array.isArray(value)) return value[Number(name)];
      return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    }, this.#root);
  }

  #variants(value: unknown, open: ReadonlySet<object>): readonly Json[] {
    const schema = this.resolve(value);
    // A schema that is one of its own alternatives adds none there.
    if (open.has(schema)) return [];
    const inside = new Set([...open, schema]);
    const { $ref } = schema;
    const parts = [...(typeof $ref === 'string' ? [{ $ref }] : []), ...listOf(schema.allOf)];
    let variants: readonly Json[] = typed(schema);
    for (const part of parts) variants = product(variants, this.#variants(part, inside));
    for (const choice of [schema.anyOf, schema.oneOf]) {
      const options = listOf(choice).flatMap((option) => this.#variants(option, inside));
      if (options.length > 0) variants = product(variants, options);
    }
    return variants;
  }
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function schemaOf(value: unknown): Json {
  return value === false ? never : objectOf(value);
}

/** The keywords of a schema itself, once per type. */
function typed(schema: Json): Json[] {
  const own = Object.entries(withoutFlags(schema)).filter(
    ([word]) => !annotations.has(word) && !composed.has(word) && !isVendors(word),
  );
  const words: Record<string, unknown> = Object.fromEntries(own);
  if (Object.hasOwn(schema, 'const')) words.enum = [schema.const];
  const values = words.enum === undefined ? undefined : listOf(words.enum);
  const types = typesOf(schema, words, values);
  if (types.length === 0) return [words];
  return types.flatMap((type): Json[] => {
    const fitting = values?.filter((value) => isOfType(value, type));
    if (fitting?.length === 0) return [];
    return [{ type, ...wordsFor(type, words), ...(fitting && type !== 'null' && { enum: fitting }) }];
  });
}

function isVendors(word: string): boolean {
  return word.startsWith('x-');
}

/** OpenAPI 3.0 has `exclusiveMinimum: true` beside `minimum`. */
function withoutFlags(schema: Json): Json {
  const words: Record<string, unknown> = { ...schema };
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof words[flag] !== 'boolean') continue;
    const isExclusive = words[flag];
    delete words[flag];
    if (!isExclusive || words[bound] === undefined) continue;
    words[flag] = words[bound];
    delete words[bound];
  }
  return words;
}

function typesOf(schema: Json, words: Json, values: readonly unknown[] | undefined): readonly string[] {
  const named = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter((type) => typeof type === 'string');
  if (named.length > 0) return schema.nullable === true ? [...new Set([...named, 'null'])] : named;
  if (values) return [...new Set(values.map(typeOf))];
  // `{ minLength: 3 }` means a text, though JSON Schema takes numbers there too.
  const implied = new Set(Object.keys(words).flatMap((word) => typeOfKeyword.get(word) ?? []));
  const [only] = implied;
  return implied.size === 1 && only !== undefined ? [only] : [];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isOfType(value: unknown, type: string): boolean {
  return typeOf(value) === (type === 'integer' ? 'number' : type);
}

function wordsFor(type: string, words: Json): Json {
  if (type === 'null') return {};
  const own = keywordsOf[type === 'integer' ? 'number' : type] ?? [];
  return Object.fromEntries(
    Object.entries(words).filter(([word]) => word !== 'enum' && (own.includes(word) || !typeOfKeyword.has(word))),
  );
}

function product(some: readonly Json[], others: readonly Json[]): readonly Json[] {
  const isLarge = some.length > 1 && others.length > 1 && some.length * others.length > maxVariants;
  if (isLarge) return [{ [unread.tooMany]: canonical([some, others]) }];
  return some.flatMap((one) =>
    others.map((other) => mergeSchemas(one, other)).filter((merged) => merged !== undefined),
  );
}

/** Texts of a union that are one value each are one list of values. */
function joined(variants: readonly Json[]): readonly Json[] {
  const groups = Map.groupBy(variants, ({ enum: values, ...rest }) => `${values === undefined} ${canonical(rest)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first || first.enum === undefined || first.type === undefined) return group.slice(0, 1);
    const values = new Map(group.flatMap((one) => listOf(one.enum)).map((value) => [canonical(value), value]));
    return [group.length === 1 ? first : { ...first, enum: [...values.values()] }];
  });
}

function summary(all: readonly Json[]): FlatSchema {
  const isAnything = all.some((variant) => Object.keys(variant).every((word) => word === 'default'));
  const variants = all.filter(({ type }) => type !== 'null');
  const isNullable = isAnything || variants.length < all.length;
  return { variants: all.length === 0 ? [never] : variants, isNullable, isAnything };
}
