import { checkDefinition } from '#check-operations';
import { formatOf } from '../bodies/body-format.ts';
import { bodySchema, isWithBody } from '../bodies/with-body.ts';
import type { AnyDefinedError } from '../errors/defined-error.ts';
import { type PathTemplate, pathTemplate } from '../paths/path-template.ts';
import type { InputOf, OutputOf, Schema } from '../schemas/schema.ts';
import type { AuthScheme } from './auth-scheme.ts';
import type { CacheGroups } from './cache-groups.ts';
import type { CheckedInput } from './checked-input.ts';
import { type Deprecation, deprecationOf } from './deprecation.ts';

/** HTTP methods an operation can have. HEAD comes with every GET. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Whether an operation may be sent twice. `safe`: it changes nothing. `idempotent`: twice has the effect of once.
 * `keyed`: twice with one `Idempotency-Key` has the effect of once, since the service remembers. `unsafe`: it is sent again
 * only if it was provably never processed. RFC 9110 §9.2.
 */
export type Safety = 'safe' | 'idempotent' | 'keyed' | 'unsafe';

/** How long a reply may be used again, in seconds as on the wire. RFC 9111, RFC 5861. @typeParam Input what the handler gets */
export interface CachePolicy<Input = unknown> {
  /** Seconds for which a reply is fresh. 0: caches ask each time whether it is still valid. */
  readonly maxAgeS: number;
  /** Seconds after that for which a cache may use the reply while it fetches a new one. Default 0. */
  readonly staleWhileRevalidateS?: number;
  /** Seconds after that for which a cache may use the reply if fetching fails. Default 0. */
  readonly staleIfErrorS?: number;
  /** `public`: any cache on the way may keep it. `private`: only the caller's own cache, since the reply is made for it. */
  readonly scope: 'public' | 'private';
  /** The cache groups that the reply belongs to: a write that {@link OperationOptions.invalidates} one of them ends its use. Default: none. */
  readonly groups?: CacheGroups<Input>;
}

/**
 * Which callers an operation admits. `public`: all. `service`: a service with a valid certificate or token.
 * `scopes`: a caller whose token grants all of these. A scheme of the service's own, or a list of them: a caller that one of
 * these identifies.
 */
export type Auth = 'public' | 'service' | { readonly scopes: readonly string[] } | AuthScheme | readonly AuthScheme[];

/** The schemes of a service's own that an operation's `auth` names. Empty for any other `auth`. */
export function authSchemesOf(auth: Auth): readonly AuthScheme[] {
  if (typeof auth !== 'object' || 'scopes' in auth) return [];
  return 'scheme' in auth ? [auth] : auth;
}

/** How much the body of one operation's requests may hold: whole numbers from 1. Default: the service's own limits. */
export interface BodyLimits {
  /** In bytes, as sent and after inflation. A gateway in front may allow less. */
  readonly maxBytes?: number;
  /** Members of objects and elements of arrays, or fields of a form, all together. */
  readonly maxValues?: number;
  /** Arrays and objects within each other. */
  readonly maxDepth?: number;
  /** Files of a list that has no limit in its schema. Default 10. */
  readonly maxFiles?: number;
}

/** What a caller gives and gets, once. Either may be left out. */
export interface Example<Input = unknown, Output = unknown> {
  /** One line for people. */
  readonly summary?: string;
  /** What the caller gives. */
  readonly input?: Input;
  /** What the caller gets. None for streams and bytes. */
  readonly output?: Output;
}

/** A schema, or none. */
type MaybeSchema = Schema | undefined;

/** Members of an input or output that travel as headers: member name → header name. As Smithy's `httpHeader` trait. */
export type HeaderBinding<T> = { readonly [Member in keyof T & string]?: string };

/** Options of an operation, beyond method and path. */
export interface OperationOptions<I extends MaybeSchema, O extends MaybeSchema, S extends Safety = Safety> {
  /** One line for people, shown in the OpenAPI document. Code without types may leave it out: then the operation's label is there. */
  readonly summary: string;
  /**
   * Describes one flat object: path parameters by name, {@link requestHeaders}, and the rest is the query
   * for GET and DELETE, the JSON body otherwise. Texts of path, query and headers are read as the types of the schema.
   * With `withBody` its member `body` is the whole body, and the rest is the query.
   */
  readonly input?: I;
  /** Describes the reply: an object, whose members in {@link responseHeaders} travel as headers and the rest as the JSON body; or a `stream` of items, `bytes`, a `text`, or `withBody`. */
  readonly output?: O;
  /** The contract's own errors that this operation may give. */
  readonly errors?: readonly AnyDefinedError[];
  /** Status of success, from 200 to 399. Default 200, or 204 where there is no output. A redirect has its `Location` in {@link responseHeaders}, and no body. */
  readonly status?: number;
  /** Default, by RFC 9110 §9.2: GET `safe`, PUT and DELETE `idempotent`, POST and PATCH `unsafe`. */
  readonly safety?: S;
  /** For GET. Default: only the caller's own cache may keep a reply, and asks before it uses it again (`private, no-cache`). */
  readonly cache?: CachePolicy<OutputOf<I>>;
  /** For what changes something: cache groups whose stored replies are outdated once it has succeeded. Default: none. */
  readonly invalidates?: CacheGroups<OutputOf<I>>;
  /** Default `public`. */
  readonly auth?: Auth;
  /** How much the body may hold. Default: the service's limits, 128 KiB and 1000 values. */
  readonly bodyLimits?: BodyLimits;
  /** False if a reply holds a secret next to text that the caller chose: its compressed length leaks the secret (BREACH). Default true; `bytes` are never compressed. */
  readonly mayCompress?: boolean;
  /** Whether callers should leave the operation: true, or why and what to call instead, or `{ reason, since }`. Replies have `Deprecation` (RFC 9745). Default false. */
  readonly deprecated?: boolean | string | Deprecation;
  /** When the operation ends, as `2027-01-31` or a time with its zone. Replies have `Sunset` (RFC 8594). Default: it does not. */
  readonly sunset?: string;
  /** Examples by name, for OpenAPI and the API docs. They must fit the schemas. Default: none. */
  readonly examples?: Readonly<Record<string, Example<InputOf<I>, OutputOf<O>>>>;
  readonly requestHeaders?: HeaderBinding<InputOf<I>>;
  readonly responseHeaders?: HeaderBinding<OutputOf<O>>;
}

/** One operation of a service, as its contract declares it. Made by {@link get}, {@link post} and the like. */
export interface Operation<
  I extends MaybeSchema = MaybeSchema,
  O extends MaybeSchema = MaybeSchema,
  S extends Safety = Safety,
> {
  /** Method and path template: `GET /api/greetings/{language}`. Names the operation in logs, errors and metrics. */
  readonly label: string;
  readonly method: Method;
  readonly path: PathTemplate;
  readonly summary: string;
  readonly input: I;
  readonly output: O;
  readonly errors: readonly AnyDefinedError[];
  readonly status: number;
  readonly safety: S;
  readonly cache: CachePolicy<never> | undefined;
  readonly invalidates?: CacheGroups<never> | undefined;
  readonly auth: Auth;
  readonly mayCompress: boolean;
  readonly bodyLimits?: BodyLimits | undefined;
  readonly deprecated?: Deprecation | undefined;
  readonly sunset?: string | undefined;
  readonly examples?: Readonly<Record<string, Example>> | undefined;
  /** Where members travel that are neither in the path nor in a header, nor the body itself. */
  readonly rest: 'query' | 'body';
  readonly requestHeaders: readonly (readonly [member: string, header: string])[];
  readonly responseHeaders: readonly (readonly [member: string, header: string])[];
}

// NoInfer stops TypeScript from inferring type parameters from the contextual type: without an option its default holds.
type Define<Standard extends Possible, Rest extends 'query' | 'body', Possible extends Safety = Safety> = <
  I extends MaybeSchema = undefined,
  O extends MaybeSchema = undefined,
  const S extends Safety = Standard,
  const P extends string = string,
>(
  path: P,
  options: OperationOptions<I, O, S> & CheckedInput<P, I, Rest> & (S extends Possible ? unknown : KeyedMethod),
) => Operation<NoInfer<I>, NoInfer<O>, NoInfer<S>>;

/** An `Idempotency-Key` is for POST and PATCH. */
type Unkeyed = Exclude<Safety, 'keyed'>;

/** No options have this member: the compiler's message is its name. */
interface KeyedMethod {
  readonly 'a keyed operation is a post or a patch': true;
}

const define =
  <Standard extends Safety, Rest extends 'query' | 'body'>(
    method: Method,
    standard: Standard,
  ): Define<Standard, Rest> =>
  (path, options) => {
    const label = `${method} ${path}`;
    checkDefinition(label, options);
    return {
      label,
      method,
      path: pathTemplate(path),
      summary: options.summary ?? label,
      input: options.input as never,
      output: options.output as never,
      errors: options.errors ?? [],
      status: options.status ?? (options.output ? 200 : 204),
      safety: options.safety ?? (standard as never),
      cache: options.cache,
      invalidates: options.invalidates,
      auth: options.auth ?? 'public',
      mayCompress: formatOf(bodySchema(options.output)) !== 'bytes' && (options.mayCompress ?? true),
      bodyLimits: options.bodyLimits,
      deprecated: deprecationOf(options.deprecated),
      sunset: options.sunset,
      examples: options.examples,
      rest: method === 'GET' || method === 'DELETE' || isWithBody(options.input) ? 'query' : 'body',
      requestHeaders: lowerCased(options.requestHeaders),
      responseHeaders: lowerCased(options.responseHeaders),
    };
  };

function lowerCased(binding: object = {}): [string, string][] {
  return Object.entries(binding).map(([member, header]) => [member, header.toLowerCase()]);
}

/** An operation that reads and changes nothing. May be sent twice. */
export const get: Define<'safe', 'query', Unkeyed> = define('GET', 'safe');
/** An operation that does something new each time it is sent. */
export const post: Define<'unsafe', 'body'> = define('POST', 'unsafe');
/** An operation that sets something to a given state. May be sent twice. */
export const put: Define<'idempotent', 'body', Unkeyed> = define('PUT', 'idempotent');
/** An operation that changes part of something. */
export const patch: Define<'unsafe', 'body'> = define('PATCH', 'unsafe');
/** An operation that removes something. May be sent twice. */
export const del: Define<'idempotent', 'query', Unkeyed> = define('DELETE', 'idempotent');
