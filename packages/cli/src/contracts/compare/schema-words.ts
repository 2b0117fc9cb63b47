import { type Json, listOf, objectOf } from './json.ts';

const longest = 80;
const article: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  never: 'nothing',
};

/** One alternative of a schema in a few words: `a text`, `an object with kind "circle"`. */
export function schemaWords(variant: Json): string {
  const { type, enum: values } = variant;
  if (values !== undefined) return valuesWords(listOf(values));
  if (type === 'object') return objectWords(variant);
  if (typeof type !== 'string') return 'anything';
  const format = typeof variant.format === 'string' ? ` (${variant.format})` : '';
  return `${article[type] ?? type}${format}`;
}

/** Values as a list for people, of bounded length. */
export function valuesWords(values: readonly unknown[]): string {
  return shortened(values.map((value) => JSON.stringify(value)).join(', '));
}

/** A text of bounded length. */
export function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function objectWords({ properties }: Json): string {
  const entries = Object.entries(objectOf(properties));
  const tag = entries.find(([, schema]) => objectOf(schema).const !== undefined);
  if (tag) return `an object with ${tag[0]} ${JSON.stringify(objectOf(tag[1]).const)}`;
  const names = entries.map(([name]) => name);
  return names.length === 0 ? 'an object' : shortened(`an object with ${names.join(', ')}`);
}
