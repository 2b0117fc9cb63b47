import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { hostIn } from './host.ts';

const requestId = /^[A-Za-z0-9._-]{1,64}$/;
const validTraceparent = /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;
const timeoutMs = /^[0-9]{1,7}$/;
/** The valid form of a header's name. A service could read `X_Forwarded_For` as another name: it is dropped, as nginx does. */
const canonicalName = /^[a-z0-9-]+$/;
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'transfer-encoding',
  'expect',
]);
/** Headers that only the gateway may set. A client's are removed, even if the gateway sets none. */
const ownNames: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'x-request-id',
  'traceparent',
  'tracestate',
  'x-request-timeout-ms',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-forwarded-client-cert',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  // Some frameworks take these for the path that was asked for, which the routes have not seen.
  'x-original-url',
  'x-rewrite-url',
  // Between services only: every client would be critical.
  'x-request-priority',
  'x-attempts-left',
  'x-explain',
]);
const bodilessMethods = new Set(['GET', 'HEAD']);

/**
 * The end-to-end headers of a request. It leaves out headers of the connection, headers that `Connection` names
 * (RFC 9110 §7.6.1), and names with other characters than letters, digits and hyphens.
 */
export function endToEndHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = headers.connection === undefined ? [] : namesIn(headers.connection);
  const kept: IncomingHttpHeaders = {};
  for (const name of Object.keys(headers)) {
    if (!hopByHop.has(name) && !named.includes(name) && canonicalName.test(name)) kept[name] = headers[name];
  }
  return kept;
}

/** The client's own request id if it is safe in a log, otherwise 32 hex digits. */
export function acceptedRequestId(client: IncomingHttpHeaders): string {
  const own = client['x-request-id'];
  return typeof own === 'string' && requestId.test(own) ? own : randomBytes(16).toString('hex');
}

/** The client's own traceparent if it is valid, otherwise the beginning of a trace. */
export function acceptedTraceparent(client: IncomingHttpHeaders, id: string): string {
  const own = String(client.traceparent);
  return validTraceparent.test(own) ? own : newTraceparent(id);
}

/** Facts about a request that are not in its headers. */
export interface RequestFacts {
  readonly id: string;
  /** From {@link acceptedTraceparent}. */
  readonly traceparent: string;
  readonly bodyLength: number;
  /** Host of a target in absolute form. It takes precedence over the Host header. */
  readonly authority: string | undefined;
}

/**
 * The headers that a service gets, as nginx' `proxy.conf` has them. Ours come first: a service drops headers beyond its
 * maximum.
 *
 * @param client the request's headers from {@link endToEndHeaders}
 */
export function forwardedHeaders(
  request: IncomingMessage,
  client: IncomingHttpHeaders,
  { id, traceparent, bodyLength, authority }: RequestFacts,
): IncomingHttpHeaders {
  const { host } = request.headers;
  const forwarded: IncomingHttpHeaders = {
    // nginx' server_name, for a client of HTTP/1.0 without Host.
    host: hostIn(authority ?? host ?? '') ?? '_',
    'x-request-id': id,
    // The edge: a client's own headers about its address prove nothing.
    'x-forwarded-for': request.socket.remoteAddress,
    'x-forwarded-proto': 'http',
  };
  if (host !== undefined) forwarded['x-forwarded-host'] = host;
  if (bodyLength > 0 || !bodilessMethods.has(request.method ?? '')) forwarded['content-length'] = String(bodyLength);
  if (timeoutMs.test(String(client['x-request-timeout-ms']))) {
    forwarded['x-request-timeout-ms'] = client['x-request-timeout-ms'];
  }
  forwarded.traceparent = traceparent;
  if (traceparent === client.traceparent && client.tracestate !== undefined) forwarded.tracestate = client.tracestate;
  for (const name of Object.keys(client)) if (!ownNames.has(name)) forwarded[name] = client[name];
  return forwarded;
}

/** The headers of a service's reply that a client gets. Node frames the reply anew. */
export function repliedHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = endToEndHeaders(headers);
  for (const name of keptInside) delete kept[name];
  for (const name of Object.keys(kept)) if (name.startsWith('x-accel-')) delete kept[name]; // for nginx alone
  // As nginx: without it an `upstream_…` of a service would look like the gateway's own, which a caller may repeat.
  if (headers['x-attempts-left'] === '0') kept['x-attempts-left'] = '0';
  // The service must not remove it: without it only the end of the connection would end the reply.
  if (headers['content-length'] !== undefined) kept['content-length'] = headers['content-length'];
  return kept;
}

/** Headers of a replica that no client gets: they are for the gateway, or show the replica's load. As nginx' `proxy.conf`. */
const keptInside = ['x-request-id', 'endpoint-load-metrics', 'server-timing', 'x-attempts-left'];

function namesIn(connection: string): string[] {
  return connection
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
}

/** Begins a trace. Its id is the request's id if that has the form of a trace id, so that one search finds both. */
function newTraceparent(id: string): string {
  const traceId = /^(?!0{16})[0-9a-f]{32}$/.test(id) ? id : randomBytes(16).toString('hex');
  return `00-${traceId}-${traceId.slice(0, 16)}-01`;
}
