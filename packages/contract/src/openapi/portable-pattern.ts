import type { JsonSchema } from '../schemas/json-schema.ts';

/** The formats of JSON Schema, which tools know without a pattern. */
const formats = new Set([
  ...['date-time', 'date', 'time', 'duration', 'email', 'idn-email', 'hostname', 'idn-hostname', 'ipv4', 'ipv6'],
  ...['uri', 'uri-reference', 'iri', 'iri-reference', 'uuid', 'uri-template', 'json-pointer', 'regex'],
]);
/** Characters beyond which a pattern beside a format is the library's, not the author's. */
const longest = 80;

/** What only JavaScript reads, or reads in its own way: property escapes, named groups, lookbehind, `\u{…}`, `[]`, `[^]`. */
const javaScriptOnly = /\\[pPkc]|\\u(?![\da-f]{4})|\(\?<|\(\?[a-z]*-|\[\^?\]/i;

/** Classes of characters that are a few ranges. */
const ranges: Readonly<Record<string, string>> = {
  Cc: '\\x00-\\x1f\\x7f-\\x9f',
  Cs: '\\ud800-\\udfff',
};

/**
 * A schema whose pattern other languages read too: `\p{Cc}` and `\p{Cs}` become ranges. A pattern is left out where only
 * JavaScript can read it, or where it says at length what the `format` says already.
 */
export function withPortablePattern(schema: JsonSchema): JsonSchema {
  const { pattern, ...others } = schema;
  if (typeof pattern !== 'string') return schema;
  const { format } = others;
  if (typeof format === 'string' && formats.has(format) && pattern.length > longest) return others;
  const portable = withRanges(pattern);
  return javaScriptOnly.test(portable) ? others : { ...others, pattern: portable };
}

function withRanges(pattern: string): string {
  let isInClass = false;
  return pattern.replace(/\\p\{(?:gc=|General_Category=)?(C[cs])\}|\\.|[[\]]/gs, (token, name?: string) => {
    if (token === '[') isInClass = true;
    if (token === ']') isInClass = false;
    if (name === undefined) return token;
    return isInClass ? (ranges[name] as string) : `[${ranges[name]}]`;
  });
}
