import type { JsonSchema } from '../schemas/json-schema.ts';
import { elementsOf, findTextTypes, type ScalarType } from './text-schema.ts';

/** What texts in a path, query or header stand for. */
export interface TextType {
  /** The types of one value; undefined where the schema takes lists only. Empty where it does not say: a text is a text. */
  readonly scalars: ReadonlySet<ScalarType> | undefined;
  /** The types of each element, where the schema takes a list. A schema that does not say takes lists of texts too. */
  readonly elements: ListElements | undefined;
}

/** The types of a list's elements: the last one holds for all further ones. */
export type ListElements = readonly [first: ReadonlySet<ScalarType>, ...others: ReadonlySet<ScalarType>[]];

/** The types of one element of a list. */
export function elementAt(elements: ListElements, index: number): ReadonlySet<ScalarType> {
  return elements[Math.min(index, elements.length - 1)] ?? elements[0];
}

/**
 * What a text stands for, by the wire schemas of one member (`wireSchemaOf`). Where `textTypeFault` finds that no text can stand
 * for it, this is a guess.
 *
 * @param mayRepeat true in a query, where a list is a parameter that comes several times
 */
export function textTypeOf(schemas: readonly JsonSchema[], root: JsonSchema, mayRepeat: boolean): TextType {
  const found = findTextTypes(schemas, root);
  if (found.isUnknown) return { scalars: anyText, elements: mayRepeat ? [anyText] : undefined };
  const [list] = found.lists.values();
  if (!list) return { scalars: found.scalars, elements: undefined };
  const elements = elementsOf(list).map((schema) => textTypeOf([schema], root, false).scalars ?? anyText);
  const [first = anyText, ...others] = elements;
  return { scalars: found.scalars.size > 0 ? found.scalars : undefined, elements: [first, ...others] };
}

const anyText: ReadonlySet<ScalarType> = new Set();

const numeric = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const whole = /^-?\d+$/;
const time = /^[+-]?\d{4,6}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** The value that a text stands for: a text that is none of the types stays a text, for the schema to judge. */
export function parse(text: string, scalars: ReadonlySet<ScalarType>): unknown {
  if (scalars.has('number') && numeric.test(text)) return Number(text);
  if (scalars.has('bigint') && whole.test(text)) return BigInt(text);
  if (scalars.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (scalars.has('date') && time.test(text)) {
    const date = new Date(text);
    if (!Number.isNaN(date.getTime()) && isDayOfMonth(text)) return date;
  }
  return text;
}

/** Whether the month has that day: `Date` makes 3 March of 31 February. */
function isDayOfMonth(text: string): boolean {
  const [year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)/.exec(text) ?? []).slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return true;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * The text that stands for a value: {@link parse} makes of it what the schema takes the value for. Undefined where there is
 * none: the schema would take another value for it (`z.coerce.boolean()` takes `'false'` for `true`).
 */
export function format(value: unknown, scalars: ReadonlySet<ScalarType>): string | undefined {
  switch (typeof value) {
    case 'string':
      if (scalars.size === 0 || scalars.has('string')) return value;
      if (scalars.has('date')) return isoText(new Date(value));
      // `z.coerce.number()` and `z.coerce.bigint()` read a text as we do.
      return scalars.has('number') || scalars.has('bigint') ? value : undefined;
    case 'number':
      if (!Number.isFinite(value)) return undefined;
      if (scalars.has('number')) return Object.is(value, -0) ? '-0' : String(value);
      if (scalars.has('string')) return String(value);
      if (scalars.has('date')) return isoText(new Date(value));
      return scalars.has('bigint') ? String(BigInt(value)) : undefined;
    case 'bigint':
      return scalars.has('bigint') || scalars.has('number') || scalars.has('string') ? String(value) : undefined;
    case 'boolean':
      return scalars.has('boolean') || scalars.has('string') ? String(value) : undefined;
    default:
      return value instanceof Date && scalars.has('date') ? isoText(value) : undefined;
  }
}

function isoText(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** What a value must be, as the end of a sentence. */
export function expectation(scalars: ReadonlySet<ScalarType>): string {
  if (scalars.size === 0) return 'must be a string: its schema does not say which other type its text stands for';
  return `must be of type ${[...scalars].join(' or ')}`;
}
