import type { IncomingMessage } from 'node:http';
import { hostIn } from './host.ts';

/** As many as nginx 1.29 allows (`max_headers`). Services drop headers beyond 2000 without a word. */
const maxHeaders = 1_000;

/**
 * The status that refuses a request over which two servers could disagree, though Node can read it: its version, its
 * Host, its framing, its size. Undefined for a request that can be passed on. Statuses are those of nginx.
 */
export function refusalOf({ headers, rawHeaders, httpVersion, method }: IncomingMessage): number | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 505;
  if (rawHeaders.length > 2 * maxHeaders) return 431;
  if (headers.host === undefined ? httpVersion === '1.1' : !hostIn(headers.host)) return 400;
  if (headers.host !== undefined && hasTwoHosts(rawHeaders)) return 400;
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    // Clients of 1.0 know no chunks: a proxy on the way has passed on a header that it did not understand. RFC 9112 §6.1.
    if (httpVersion === '1.0') return 400;
    // We would have to decode the rest, and pass on the body without saying that it is encoded.
    if (coding.toLowerCase() !== 'chunked') return 501;
  }
  return method === 'TRACE' ? 405 : undefined;
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
