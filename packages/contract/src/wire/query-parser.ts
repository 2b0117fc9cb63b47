import { CallError } from '../errors/call-error.ts';

/** How much of a query is read. */
export interface QueryOptions {
  /** The most parameters, repeated ones counted each time. */
  readonly maxParameters: number;
}

type Query = Record<string, unknown>;

/**
 * Makes the reader of queries: flat, a parameter that comes twice as a list, `__proto__` like every other name. It reads as
 * `node:querystring` does, but refuses bytes that are no UTF-8 instead of replacing them. The work grows with the length of
 * the text and no faster.
 *
 * The reader throws CallError `invalid_input`.
 *
 * @throws TypeError where `maxParameters` is no whole number from 1
 */
export function queryParser({ maxParameters }: QueryOptions): (text: string | undefined) => Query {
  if (!(Number.isInteger(maxParameters) && maxParameters >= 1)) {
    throw new TypeError(`maxQueryParameters must be a whole number from 1, not ${maxParameters}`);
  }
  return function parseQuery(text) {
    if (!text) return {};
    if (hasMore(text, maxParameters)) {
      throw new CallError(
        'invalid_input',
        `Query has more than ${maxParameters} parameters, the limit of this service (maxQueryParameters)`,
      );
    }
    return parsed(text, text.includes('%') || text.includes('+') ? decoded : asItIs);
  };
}

/** Counted before anything is made of the text. Empty ones (`&&`) count too: they are looked at as well. */
function hasMore(text: string, most: number): boolean {
  let count = 1;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
    count += 1;
    if (count > most) return true;
  }
  return false;
}

function parsed(text: string, read: (part: string) => string): Query {
  const query: Query = Object.create(null);
  for (const parameter of text.split('&')) {
    if (parameter === '') continue;
    const equals = parameter.indexOf('=');
    const name = read(equals < 0 ? parameter : parameter.slice(0, equals));
    const value = equals < 0 ? '' : read(parameter.slice(equals + 1));
    const before = query[name];
    if (before === undefined) query[name] = value;
    // A new list for each value would make the work grow with the square of their number.
    else if (Array.isArray(before)) before.push(value);
    else query[name] = [before, value];
  }
  return query;
}

const asItIs = (part: string) => part;

function decoded(part: string): string {
  const text = part.includes('+') ? part.replaceAll('+', ' ') : part;
  try {
    return text.includes('%') ? decodeURIComponent(text) : text;
  } catch {
    throw new CallError('invalid_input', 'Query is not valid percent-encoding');
  }
}
