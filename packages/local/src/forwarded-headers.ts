import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

const requestId = /^[A-Za-z0-9._-]{1,64}$/;
const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;
const timeoutMs = /^[0-9]{1,7}$/;
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'transfer-encoding',
  'expect',
];
const bodyMethods = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** The caller's own request id if it can do no harm in a log, and 32 hex digits otherwise. */
export function acceptedRequestId(headers: IncomingHttpHeaders): string {
  const own = headers['x-request-id'];
  return typeof own === 'string' && requestId.test(own) ? own : randomBytes(16).toString('hex');
}

/** The headers that a service gets, as nginx' `proxy.conf` has them. */
export function forwardedHeaders(request: IncomingMessage, id: string, bodyLength: number): IncomingHttpHeaders {
  const { headers, method = 'GET', socket } = request;
  const hasTrace = traceparent.test(String(headers.traceparent));
  const hasBody = bodyLength > 0 || bodyMethods.has(method);
  const forwarded: IncomingHttpHeaders = {
    ...headers,
    host: (headers.host ?? '').replace(/:\d+$/, '').toLowerCase(),
    'x-request-id': id,
    traceparent: hasTrace ? headers.traceparent : newTraceparent(id),
    tracestate: hasTrace ? headers.tracestate : undefined,
    'x-request-timeout-ms': timeoutMs.test(String(headers['x-request-timeout-ms']))
      ? headers['x-request-timeout-ms']
      : undefined,
    // The edge: what a client says about its address is no evidence.
    'x-forwarded-for': socket.remoteAddress,
    'x-forwarded-proto': 'http',
    'x-forwarded-host': headers.host,
    forwarded: undefined,
    // Between services only: from outside everybody would be critical.
    'x-request-priority': undefined,
    'x-attempts-left': undefined,
    'x-explain': undefined,
    'content-length': hasBody ? String(bodyLength) : undefined,
  };
  const dropped = [...hopByHop, ...namesIn(headers.connection)];
  return Object.fromEntries(
    Object.entries(forwarded).filter(([name, value]) => value !== undefined && !dropped.includes(name)),
  );
}

function namesIn(connection: string | undefined): string[] {
  return (connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
}

/** Begins a trace under the request's id where that has the form of a trace id, so that one search finds both. */
function newTraceparent(id: string): string {
  const traceId = /^(?!0{16})[0-9a-f]{32}$/.test(id) ? id : randomBytes(16).toString('hex');
  return `00-${traceId}-${traceId.slice(0, 16)}-01`;
}
