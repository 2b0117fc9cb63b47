import {
  authSchemesOf,
  type Contract,
  deprecationHeaders,
  headerNames,
  type Operation,
  ownMembers,
  replyBody,
  routeFinder,
} from '@parley/contract';
import type { Request, RequestHandler, Response } from 'express';
import { shownForm } from '../options/option-form.ts';

/** Which pages of other origins may call from a browser. Fetch standard, §3.2. */
export interface CorsOptions {
  /** Origins to the letter (`https://app.example.com`); `*` is any, where every operation is public and without credentials. */
  readonly origins: readonly string[];
  /** How long a browser may remember the answer to a preflight, in seconds. Default 600. */
  readonly maxAgeS?: number;
  /** Request headers that a page may send, beyond those of the contract and of Parley's own client. Default none. */
  readonly allowedHeaders?: readonly string[];
  /** Reply headers that a page may read, beyond those of the contract, `x-request-id`, `retry-after`, `x-attempts-left` and `x-min-versions`. Default none. */
  readonly exposedHeaders?: readonly string[];
  /** Whether a browser sends cookies and client certificates along. Bearer tokens need no leave. Default false. */
  readonly credentials?: boolean;
}

/** Names of {@link CorsOptions}. */
export const corsOptionNames: readonly (keyof CorsOptions)[] = [
  'origins',
  'maxAgeS',
  'allowedHeaders',
  'exposedHeaders',
  'credentials',
];

/** Headers by which a reply lets a page read it, in lower case. */
export const corsHeaderNames: readonly string[] = [
  'access-control-allow-credentials',
  'access-control-allow-origin',
  'access-control-expose-headers',
];

/** Headers that a page may send to any operation. */
const requestHeaders = [
  'accept',
  'accept-language',
  'authorization',
  'cache-control',
  'content-type',
  'if-match',
  'if-none-match',
  'range',
  headerNames.requestId,
  headerNames.timeoutMs,
  headerNames.attemptsLeft,
  headerNames.minVersions,
  headerNames.priority,
  headerNames.idempotencyKey,
  headerNames.traceparent,
  headerNames.tracestate,
  headerNames.baggage,
];

/** Reply headers that describe bytes. */
const headersOfBytes = ['content-disposition', 'content-range', 'etag'];

/**
 * Lets pages of the given origins call the service. Browsers refuse all other pages. This protects users of browsers; it
 * keeps no other client out. Without options no page is allowed, and the middleware does nothing.
 *
 * @throws TypeError where an origin is not valid, or `*` would open operations that are not for everyone
 */
export function cors(given: CorsOptions | undefined, { operations }: Contract): RequestHandler {
  if (!given) return (_req, _res, next) => next();
  const options = ownMembers(given);
  const all = Object.values(operations);
  checkOrigins(options, all);
  const { origins, maxAgeS = 600, allowedHeaders = [], exposedHeaders = [], credentials = false } = options;
  const isAny = origins.includes('*');
  const find = routeFinder(all.map((operation) => ({ operation })));
  const exposed = [
    ...new Set([
      headerNames.requestId,
      headerNames.retryAfter,
      headerNames.attemptsLeft,
      headerNames.minVersions,
      ...all.flatMap((operation) => Object.keys(deprecationHeaders(operation))),
      ...all.flatMap(({ responseHeaders }) => responseHeaders.map(([, header]) => header)),
      ...(all.some((operation) => replyBody(operation)?.format === 'bytes') ? headersOfBytes : []),
      ...exposedHeaders.map((name) => name.toLowerCase()),
    ]),
  ].join(', ');

  const sendable = [...requestHeaders, ...allowedHeaders.map((name) => name.toLowerCase())];
  const headersOf = (operation: Operation) => [
    ...new Set([...sendable, ...operation.requestHeaders.map(([, header]) => header), ...headersOfAuth(operation)]),
  ];

  const allowOrigin = (res: Response, origin: string) => {
    res.setHeader('Access-Control-Allow-Origin', isAny ? '*' : origin);
    if (credentials) res.setHeader('Access-Control-Allow-Credentials', 'true');
  };
  const asked = ({ path, headers }: Request): Operation | undefined => {
    return find(headers['access-control-request-method'] ?? '', path)?.route.operation;
  };
  return function cors(req, res, next) {
    // Also where nothing is allowed: a cache must not give one origin what another one got.
    if (!isAny) res.vary('Origin');
    const { origin } = req.headers;
    if (origin === undefined || !(isAny || origins.includes(origin))) return next();
    if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) {
      allowOrigin(res, origin);
      res.setHeader('Access-Control-Expose-Headers', exposed);
      return next();
    }
    const operation = asked(req);
    if (!operation || !mayHave(headersOf(operation), req.headers['access-control-request-headers'])) return next();
    allowOrigin(res, origin);
    res.setHeader('Access-Control-Allow-Methods', operation.method);
    res.setHeader('Access-Control-Allow-Headers', headersOf(operation).join(', '));
    res.setHeader('Access-Control-Max-Age', String(maxAgeS));
    res.status(204).end();
  };
}

/** Headers by which a caller identifies itself to a scheme of the contract's own. */
function headersOfAuth({ auth }: Operation): string[] {
  return authSchemesOf(auth).flatMap(({ openapi }) =>
    openapi.type === 'apiKey' && openapi.in === 'header' ? openapi.name.toLowerCase() : [],
  );
}

function mayHave(allowed: readonly string[], asked: string | undefined): boolean {
  const names = (asked ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.every((name) => name === '' || allowed.includes(name));
}

function checkOrigins({ origins, credentials = false }: CorsOptions, operations: readonly Operation[]): void {
  if (!Array.isArray(origins)) {
    throw new TypeError(`cors.origins must be a list such as ['https://app.example.com'], not ${shownForm(origins)}`);
  }
  const odd = origins.find((origin) => origin !== '*' && !isOrigin(origin));
  if (odd !== undefined || origins.length === 0) {
    throw new TypeError(`cors.origins must be origins such as https://app.example.com, or *, not ${odd ?? 'none'}`);
  }
  if (!origins.includes('*')) return;
  if (credentials) throw new TypeError('cors: any origin (*) cannot go with credentials: name the origins');
  const closed = operations.filter(({ auth }) => auth !== 'public').map(({ label }) => label);
  if (closed.length > 0)
    throw new TypeError(`cors: any origin (*) may not call ${closed.join(', ')}: name the origins`);
}

function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
