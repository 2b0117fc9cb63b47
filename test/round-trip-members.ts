import type { Schema } from '@parley/contract';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import fc from 'fast-check';
import * as v from 'valibot';
import { z } from 'zod';
import { anyText } from '../packages/contract/test-fixtures/any-text.ts';

/** The schema libraries that contracts are tested with. */
export type Library = 'zod' | 'valibot';

/** A kind of member: its schema in each library, and values that its callers may give. */
export interface Kind {
  readonly name: string;
  readonly zod: z.ZodType;
  /** Undefined where valibot has no such thing. */
  readonly valibot?: v.GenericSchema;
  readonly values: fc.Arbitrary<unknown>;
}

/** Whether a member must be there, and what it is without. */
export type Presence = 'required' | 'optional' | 'default';

const kind = (
  name: string,
  zod: z.ZodType,
  valibot: v.GenericSchema | undefined,
  values: fc.Arbitrary<unknown>,
): Kind => ({ name, zod, ...(valibot && { valibot }), values });

/** Texts that a URL can hold, with all that could be read as something else. */
const text = fc.oneof(
  { weight: 3, arbitrary: anyText().filter((one) => one.isWellFormed() && !one.includes('\0')) },
  fc.constantFrom(
    '',
    'true',
    'false',
    '0',
    '-0',
    '1e3',
    'null',
    'undefined',
    '[]',
    '{}',
    'a,b',
    ' a ',
    'a&b=c',
    '%',
    '+',
  ),
  fc.constantFrom('2026-01-02', '2026-01-02T03:04:05.006Z', '12345678901234567890'),
);
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(-0, 1e21, 5e-324),
);
const date = fc.date({ noInvalidDate: true });
const lists = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof(fc.constant([] as T[]), fc.tuple(values), fc.array(values, { maxLength: 6 }));

/** Scalars: for paths, queries, headers and bodies. */
export const scalars: readonly Kind[] = [
  kind('string', z.string(), v.string(), text),
  kind('number', z.number(), v.pipe(v.number(), v.finite()), number),
  kind('integer', z.int(), v.pipe(v.number(), v.safeInteger()), fc.maxSafeInteger()),
  kind('boolean', z.boolean(), v.boolean(), fc.boolean()),
  kind('enum', z.enum(['a', 'true', '1']), v.picklist(['a', 'true', '1']), fc.constantFrom('a', 'true', '1')),
  kind(
    'literals',
    z.literal(['auto', 1, true]),
    v.union([v.literal('auto'), v.literal(1), v.literal(true)]),
    fc.constantFrom('auto', 1, true),
  ),
  kind(
    'number or boolean',
    z.union([z.number(), z.boolean()]),
    v.union([v.number(), v.boolean()]),
    fc.oneof(number, fc.boolean()),
  ),
  kind('coerced boolean', z.coerce.boolean(), undefined, fc.boolean()),
  kind('coerced number', z.coerce.number(), undefined, number),
  kind('coerced string', z.coerce.string(), undefined, fc.oneof(text, fc.integer(), fc.boolean())),
  kind('coerced date', z.coerce.date(), undefined, date),
  kind('stringbool', z.stringbool(), undefined, fc.constantFrom('true', 'false', 'yes', '0')),
  kind(
    'text made a number',
    z.string().transform(Number),
    v.pipe(v.string(), v.transform(Number)),
    fc.constantFrom('1', '-2.5'),
  ),
];

/** Scalars that JSON has no word for: for paths, queries and headers. */
export const texts: readonly Kind[] = [
  kind('date', z.date(), v.date(), date),
  kind('bigint', z.bigint(), v.bigint(), fc.bigInt()),
  kind('coerced bigint', z.coerce.bigint(), undefined, fc.bigInt()),
  kind(
    'preprocessed',
    z.preprocess((one) => `${one}!`, z.string()),
    undefined,
    text,
  ),
];

/** Lists: for queries and bodies. */
export const listsOf: readonly Kind[] = [
  kind('strings', z.array(z.string()), v.array(v.string()), lists(text)),
  kind('numbers', z.array(z.number()), v.array(v.number()), lists(number)),
  kind('booleans', z.array(z.boolean()), v.array(v.boolean()), lists(fc.boolean())),
  kind('tuple', z.tuple([z.string(), z.number()]), v.tuple([v.string(), v.number()]), fc.tuple(text, number)),
  kind(
    'one or many',
    z.union([z.string(), z.array(z.string())]),
    v.union([v.string(), v.array(v.string())]),
    fc.oneof(text, lists(text)),
  ),
  kind('anything', z.unknown(), v.unknown(), fc.oneof(text, lists(text))),
];

/** Lists of dates, which JSON has no word for: for queries. */
export const textLists: readonly Kind[] = [kind('dates', z.array(z.date()), v.array(v.date()), lists(date))];

/** What neither path, query nor header can hold: `defineContract` refuses it there. */
export const noTexts: readonly Kind[] = [
  kind('null', z.string().nullable(), v.nullable(v.string()), fc.constant(null)),
  kind('object', z.object({ a: z.string() }), v.object({ a: v.string() }), fc.constant({ a: 'x' })),
  kind('list of lists', z.array(z.array(z.string())), v.array(v.array(v.string())), fc.constant([['a']])),
  kind('string or number', z.union([z.string(), z.number()]), v.union([v.string(), v.number()]), fc.constant(1)),
  kind(
    'strings or numbers',
    z.union([z.array(z.string()), z.array(z.number())]),
    v.union([v.array(v.string()), v.array(v.number())]),
    fc.constant([1]),
  ),
];

/** What JSON cannot hold: `defineContract` refuses it in bodies. */
export const noJson: readonly Kind[] = [
  kind('date', z.date(), v.date(), date),
  kind('bigint', z.bigint(), v.bigint(), fc.bigInt()),
  kind('map', z.map(z.string(), z.string()), v.map(v.string(), v.string()), fc.constant(new Map())),
  kind('set', z.set(z.string()), v.set(v.string()), fc.constant(new Set())),
  kind(
    'deep date',
    z.object({ a: z.array(z.union([z.string(), z.date()])) }),
    v.object({ a: v.array(v.union([v.string(), v.date()])) }),
    date,
  ),
];

/** A member of a contract: its kind, and whether it must be there. */
export interface Member {
  readonly kind: Kind;
  readonly presence: Presence;
  readonly fallback?: unknown;
}

/** An object schema of these members. */
export function objectOf(library: Library, members: Readonly<Record<string, Member>>): Schema<Record<string, unknown>> {
  const entries = Object.entries(members);
  if (library === 'zod') {
    return z.object(Object.fromEntries(entries.map(([name, member]) => [name, zodMember(member)]))) as never;
  }
  return toStandardJsonSchema(
    v.object(Object.fromEntries(entries.map(([name, member]) => [name, valibotMember(member)]))),
  ) as never;
}

function zodMember({ kind, presence, fallback }: Member): z.ZodType {
  if (presence === 'required') return kind.zod;
  return presence === 'optional' ? kind.zod.optional() : kind.zod.prefault(fallback as never);
}

function valibotMember({ kind, presence, fallback }: Member): v.GenericSchema {
  const schema = kind.valibot ?? v.string();
  if (presence === 'required') return schema;
  return presence === 'optional' ? v.optional(schema) : v.optional(schema, fallback as never);
}
