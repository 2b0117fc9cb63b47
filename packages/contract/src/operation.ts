import type { AnyDefinedError } from './defined-error.ts';
import { type PathTemplate, pathTemplate } from './path-template.ts';
import type { InputOf, OutputOf, Schema } from './schema.ts';

/** HTTP methods an operation can have. HEAD comes with every GET. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A schema, or none. */
type MaybeSchema = Schema | undefined;

/** Members of an input or output that travel as headers: member name → header name. As Smithy's `httpHeader` trait. */
export type HeaderBinding<T> = { readonly [Member in keyof T & string]?: string };

/** What an operation says of itself, beyond method and path. */
export interface OperationOptions<I extends MaybeSchema, O extends MaybeSchema> {
  /** One line for people, shown in the OpenAPI document. */
  readonly summary: string;
  /**
   * Describes one flat object: path parameters by name, {@link requestHeaders}, and the rest is the query
   * for GET and DELETE, the JSON body otherwise. A query value is a string on the wire: coerce numbers.
   */
  readonly input?: I;
  /** Describes the reply: an object, whose members in {@link responseHeaders} travel as headers and the rest as the JSON body; or a `stream` of items. */
  readonly output?: O;
  /** The contract's own errors that this operation may give. */
  readonly errors?: readonly AnyDefinedError[];
  /** Status of success. Default 200, or 204 where there is no output. */
  readonly status?: number;
  /** May be sent twice with the effect of once. Default: true for GET, PUT and DELETE (RFC 9110 §9.2.2), false otherwise. */
  readonly isIdempotent?: boolean;
  readonly requestHeaders?: HeaderBinding<InputOf<I>>;
  readonly responseHeaders?: HeaderBinding<OutputOf<O>>;
}

/** One thing that a service can do, as its contract says it. Made by {@link get}, {@link post} and the like. */
export interface Operation<I extends MaybeSchema = MaybeSchema, O extends MaybeSchema = MaybeSchema> {
  /** Method and path template: `GET /api/greetings/{language}`. Names the operation in logs, errors and metrics. */
  readonly label: string;
  readonly method: Method;
  readonly path: PathTemplate;
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  readonly errors: readonly AnyDefinedError[];
  readonly status: number;
  readonly isIdempotent: boolean;
  /** Where the input's members that are neither in the path nor in a header travel. */
  readonly rest: 'query' | 'body';
  readonly requestHeaders: readonly (readonly [member: string, header: string])[];
  readonly responseHeaders: readonly (readonly [member: string, header: string])[];
}

type Define = <I extends MaybeSchema = undefined, O extends MaybeSchema = undefined>(
  path: string,
  options: OperationOptions<I, O>,
) => Operation<I, O>;

const define =
  (method: Method, isIdempotent: boolean): Define =>
  (path, options) => ({
    label: `${method} ${path}`,
    method,
    path: pathTemplate(path),
    summary: options.summary,
    input: options.input as never,
    output: options.output as never,
    errors: options.errors ?? [],
    status: options.status ?? (options.output ? 200 : 204),
    isIdempotent: options.isIdempotent ?? isIdempotent,
    rest: method === 'GET' || method === 'DELETE' ? 'query' : 'body',
    requestHeaders: lowerCased(options.requestHeaders),
    responseHeaders: lowerCased(options.responseHeaders),
  });

function lowerCased(binding: object = {}): [string, string][] {
  return Object.entries(binding).map(([member, header]) => [member, header.toLowerCase()]);
}

/** An operation that reads and changes nothing. May be sent twice. */
export const get: Define = define('GET', true);
/** An operation that does something new each time it is sent. */
export const post: Define = define('POST', false);
/** An operation that sets something to a given state. May be sent twice. */
export const put: Define = define('PUT', true);
/** An operation that changes part of something. */
export const patch: Define = define('PATCH', false);
/** An operation that removes something. May be sent twice. */
export const del: Define = define('DELETE', true);
