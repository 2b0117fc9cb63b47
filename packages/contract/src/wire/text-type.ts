import { type JsonSchema, resolved } from '../schemas/json-schema.ts';

/** A type of one value that a text can stand for. */
export type ScalarType = 'string' | 'number' | 'boolean' | 'bigint' | 'date';

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

/** A type, or why no text can stand for it: the end of a sentence that begins with the name of a member. */
export type TextTypeOrFault = { readonly type: TextType } | { readonly fault: string };

interface Found {
  readonly scalars: Set<ScalarType>;
  /** The strings of an enum; `any` where every string will do. */
  strings: Set<string> | 'any';
  /** By their text: alternatives may have the same list. */
  readonly lists: Map<string, JsonSchema>;
  readonly others: Set<string>;
  isUnknown: boolean;
}

const numeric = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const whole = /^-?\d+$/;
const time = /^[+-]?\d{4,6}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * Finds what a text stands for, by the wire schemas of one member (`wireSchemaOf`).
 *
 * @param mayRepeat true in a query, where a list is a parameter that comes several times
 */
export function textTypeOf(schemas: readonly JsonSchema[], root: JsonSchema, mayRepeat: boolean): TextTypeOrFault {
  const found: Found = {
    scalars: new Set(),
    strings: new Set(),
    lists: new Map(),
    others: new Set(),
    isUnknown: false,
  };
  for (const schema of schemas) collect(schema, root, found, 0);
  const fault = faultOf(found, mayRepeat);
  if (fault) return { fault };
  if (found.isUnknown) return { type: { scalars: anyText, elements: mayRepeat ? [anyText] : undefined } };
  const [list] = found.lists.values();
  if (!list) return { type: { scalars: found.scalars, elements: undefined } };
  const elements: ReadonlySet<ScalarType>[] = [];
  for (const schema of elementsOf(list)) {
    const element = textTypeOf([schema], root, false);
    if ('fault' in element) return { fault: `is a list, each element of which ${element.fault}` };
    elements.push(element.type.scalars ?? anyText);
  }
  const [first = anyText, ...others] = elements;
  return { type: { scalars: found.scalars.size > 0 ? found.scalars : undefined, elements: [first, ...others] } };
}

const anyText: ReadonlySet<ScalarType> = new Set();

/** The schemas of a list's elements: of a tuple each, else one for all. */
function elementsOf({ prefixItems, items }: JsonSchema): JsonSchema[] {
  const first = Array.isArray(prefixItems) ? (prefixItems as JsonSchema[]) : [];
  const rest = typeof items === 'object' && items !== null ? [items as JsonSchema] : [];
  return [...first, ...rest];
}

function collect(schema: JsonSchema, root: JsonSchema, found: Found, depth: number): void {
  const own = resolved(schema, root);
  const any = own.anyOf ?? own.oneOf;
  const all = own.allOf;
  if (depth > 8) found.isUnknown = true;
  else if ('const' in own) addValue(own.const, found);
  else if (Array.isArray(own.enum)) for (const value of own.enum) addValue(value, found);
  else if (Array.isArray(any)) for (const part of any) collect(part, root, found, depth + 1);
  else if (Array.isArray(all) && own.type === undefined) collectFirst(all, root, found, depth + 1);
  else if (own.type === undefined || [own.type].flat().length === 0) found.isUnknown = true;
  else for (const type of [own.type].flat()) addType(type as string, own, found);
}

/** What all of several schemas hold for is what the first says that says anything. */
function collectFirst(parts: readonly JsonSchema[], root: JsonSchema, found: Found, depth: number): void {
  const telling = parts.find((part) => {
    const trial: Found = {
      scalars: new Set(),
      strings: new Set(),
      lists: new Map(),
      others: new Set(),
      isUnknown: false,
    };
    collect(part, root, trial, depth);
    return !trial.isUnknown;
  });
  if (telling) collect(telling, root, found, depth);
  else found.isUnknown = true;
}

function addValue(value: unknown, found: Found): void {
  if (typeof value === 'string') {
    found.scalars.add('string');
    if (found.strings !== 'any') found.strings.add(value);
  } else addType(value === null ? 'null' : typeof value, {}, found);
}

function addType(type: string, schema: JsonSchema, found: Found): void {
  if (type === 'string') found.strings = 'any';
  if (type === 'integer') found.scalars.add('number');
  else if (type === 'string' || type === 'number' || type === 'boolean' || type === 'bigint' || type === 'date') {
    found.scalars.add(type);
  } else if (type === 'array') found.lists.set(JSON.stringify(elementsOf(schema)), schema);
  else found.others.add(type);
}

function faultOf({ scalars, strings, lists, others, isUnknown }: Found, mayRepeat: boolean): string | undefined {
  const place = mayRepeat ? 'query' : 'path, header or list of a query';
  if (others.has('null')) return `may be null, which no ${place} can say: make it optional instead`;
  const [other] = others;
  if (other)
    return `may be of type ${other}, which no ${place} can hold: use members of one value or, in a query, lists`;
  if (lists.size > 0 && !mayRepeat) return `may be a list, which no ${place} can hold`;
  if (lists.size > 1 || (lists.size === 1 && isUnknown)) return 'may be one of several lists: choose one';
  const types = [...scalars].filter((type) => type !== 'string');
  const isAmbiguous =
    (types.includes('number') && types.includes('bigint')) ||
    (scalars.has('string') &&
      types.length > 0 &&
      (strings === 'any' || [...strings].some((text) => parse(text, scalars) !== text)));
  return isAmbiguous ? `may be of type ${[...scalars].join(' or ')}, which a text cannot tell apart` : undefined;
}

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
