import { isObject } from '../members/is-object.ts';
import type { InputOf, OutputOf, Schema } from '../schemas/schema.ts';
import { CallError } from './call-error.ts';
import { isErrorCode } from './error-codes.ts';
import { reservedMembers } from './problem.ts';

/** Options of a contract's own error. */
export interface DefinedErrorOptions<S extends Schema | undefined> {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** The short text for people, the same at every occurrence. */
  readonly title: string;
  /** Members that the problem document has beyond the standard ones. Must describe an object. */
  readonly data?: S;
}

/**
 * An error that belongs to a contract. A service calls it with a sentence for people and its data, and throws what it gets:
 * `throw outOfStock('only 1 left', { left: 1 })`. A caller tests for it with `is`, which types its data.
 */
export interface DefinedError<Code extends string = string, S extends Schema | undefined = Schema | undefined> {
  // `never` keeps a declared error with data assignable to a list of declared errors.
  /** @throws TypeError where the sentence or the data is missing, or data has a member that every problem has */
  (detail: string, ...data: S extends Schema ? [data: InputOf<S>] : []): CallError<Code, OutputOf<S>>;
  readonly code: Code;
  readonly status: number;
  readonly title: string;
  readonly data: S;
  /** Whether a thrown value is this error. */
  is(error: unknown): error is CallError<Code, OutputOf<S>>;
}

/** Any declared error, whatever its code and data. */
export type AnyDefinedError = Pick<DefinedError, 'code' | 'status' | 'title' | 'data' | 'is'>;

/**
 * Declares an error of a contract: `snake_case` code, HTTP status, title and the data it carries.
 *
 * @throws TypeError if the code is one of the common table or not snake_case, or the status is not 400 to 599
 * @example
 * export const unknownLanguage = defineError('unknown_language', {
 *   status: 404, title: 'Unknown language', data: z.object({ known: z.array(z.string()) }),
 * });
 * throw unknownLanguage('no greeting in "xx"', { known: ['en', 'fr'] });
 */
export function defineError<const Code extends string, S extends Schema | undefined = undefined>(
  code: Code,
  options: DefinedErrorOptions<S>,
): DefinedError<Code, S> {
  const { status, title } = options;
  if (isErrorCode(code)) throw new TypeError(`error code ${code} is taken by Parley's own table: choose another`);
  if (code.length > 64 || !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code)) {
    throw new TypeError(
      `error code must be snake_case of up to 64 characters, for example unknown_language, not ${JSON.stringify(code)}`,
    );
  }
  if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
    throw new TypeError(`error ${code}: status must be an HTTP error, 400 to 599, not ${status}`);
  }
  const make = (detail: string, data?: Record<string, unknown>) => {
    if (typeof detail !== 'string') throw misused(code, options.data, 'a sentence for people first', detail);
    if (options.data && !isObject(data)) throw misused(code, options.data, 'its data second', data);
    const clash = Object.keys(data ?? {}).find((member) => reservedMembers.has(member));
    if (clash) throw new TypeError(`error ${code}: data cannot have the member ${clash}, which every problem has`);
    return new CallError(code, detail, { status, data });
  };
  const is = (error: unknown) => error instanceof CallError && error.code === code;
  return Object.assign(make, { code, status, title, data: options.data, is }) as unknown as DefinedError<Code, S>;
}

// For code without types: the service would answer `internal`, and not say why.
function misused(code: string, schema: Schema | undefined, expected: string, got: unknown): TypeError {
  const name = code.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const kind = got === null || got === undefined ? String(got) : `a value of type ${typeof got}`;
  const usage = `throw ${name}('what went wrong'${schema ? ', { … }' : ''})`;
  return new TypeError(`error ${code}: expected ${expected}, as in ${usage}, got ${kind}`);
}
