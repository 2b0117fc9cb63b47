/** What a library's type becomes in a JSON Schema; undefined: what the library itself says. */
type Word = (type: string, isCoerced: boolean) => Readonly<Record<string, unknown>> | undefined;

/** Names the types that JSON Schema has no word for, by their names in zod and valibot, which agree. */
const foreign = new Set(['date', 'bigint', 'map', 'set', 'symbol', 'function', 'nan', 'file', 'blob', 'promise']);

/** For documents: a date is a text on the wire. */
export const documentWords: Word = (type) => {
  if (type === 'date') return { type: 'string', format: 'date-time' };
  if (type === 'file' || type === 'blob') return { type: 'string', format: 'binary' };
  return type === 'bigint' ? { type: 'integer' } : undefined;
};

/**
 * For ourselves: {@link documentWords} would hide which texts a schema takes for a date. `coerced` marks a date that a
 * schema also makes of text; `preprocessed` a schema whose input a function of the user's sees first.
 */
export const wireWords: Word = (type, isCoerced) => {
  if (type === 'preprocessed') return { type: [] };
  return foreign.has(type) ? { type: [type], ...(isCoerced && { coerced: true }) } : undefined;
};

interface ZodContext {
  readonly zodSchema: { readonly _zod: { readonly def: ZodDefinition } };
  readonly jsonSchema: Record<string, unknown>;
}

interface ZodDefinition {
  readonly type: string;
  readonly coerce?: boolean;
  readonly in?: ZodContext['zodSchema'];
}

interface ValibotContext {
  readonly valibotSchema: { readonly type: string };
}

/**
 * The options of zod's and valibot's converters that put our words in. Without them zod and valibot throw at a `Date`.
 * Other libraries ignore both.
 */
export function libraryOptions(word: Word): Record<string, unknown> {
  return {
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }: ZodContext) {
      const { type, coerce = false, in: first } = zodSchema._zod.def;
      const isPreprocessed = type === 'pipe' && first?._zod.def.type === 'transform';
      const words = word(isPreprocessed ? 'preprocessed' : type, coerce);
      if (!words) return;
      if (isPreprocessed) for (const name of Object.keys(jsonSchema)) delete jsonSchema[name];
      Object.assign(jsonSchema, words);
    },
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema }: ValibotContext) => word(valibotSchema.type, false),
  };
}
