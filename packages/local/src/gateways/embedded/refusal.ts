import type { IncomingMessage } from 'node:http';
import type { GatewayCause } from '../gateway-causes.ts';
import { hostIn } from './host.ts';

/** A problem in place of an answer of a service. */
export interface Refusal {
  readonly status: number;
  readonly cause: GatewayCause;
  /** The service that was asked. */
  readonly upstream?: string;
  /** The methods that the path has, where another one was asked for. */
  readonly methods?: string;
}

/** As many as nginx 1.29 allows (`max_headers`). Services drop headers beyond 2000 without a word. */
const maxHeaders = 1_000;

const malformed: Refusal = { status: 400, cause: 'malformed_request' };
const webSocket = /(^|[ ,])websocket([ ,/]|$)/i;

/**
 * What refuses a request over which two servers could disagree, though Node can read it: its version, its
 * Host, its framing, its size; or that wants another protocol. Undefined for a request that can be passed on. Statuses are
 * those of nginx.
 */
export function refusalOf({ headers, rawHeaders, httpVersion, method }: IncomingMessage): Refusal | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return { status: 505, cause: 'unsupported_request' };
  if (rawHeaders.length > 2 * maxHeaders) return { status: 431, cause: 'headers_too_large' };
  if (headers.host === undefined ? httpVersion === '1.1' : !hostIn(headers.host)) return malformed;
  if (headers.host !== undefined && hasTwoHosts(rawHeaders)) return malformed;
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    // Clients of 1.0 know no chunks: a proxy on the way has passed on a header that it did not understand. RFC 9112 §6.1.
    if (httpVersion === '1.0') return malformed;
    // We would have to decode the rest, and pass on the body without saying that it is encoded.
    if (coding.toLowerCase() !== 'chunked') return { status: 501, cause: 'unsupported_request' };
  }
  if (method === 'TRACE') return { status: 405, cause: 'method_refused' };
  return webSocket.test(headers.upgrade ?? '') ? { status: 501, cause: 'upgrade_refused' } : undefined;
}

// Node keeps the first and hides the second, which a service could use instead.
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count > 1;
}
