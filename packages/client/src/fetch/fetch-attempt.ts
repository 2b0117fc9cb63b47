import { CallError, type ChunkReader, errorOfReply, headerNames, messageOf, problemMediaType } from '@parley/contract';
import { toAbortSignal } from '../time/cancel-signal.ts';
import { retryAfterMs } from '../time/retry-after.ts';
import type { FetchReply, SendFetchAttempt } from './fetch-call.ts';
import type { FetchSettings } from './fetch-options.ts';

/**
 * Sends one attempt by `fetch`, and reads its reply: whole, or of a stream the first chunk. Redirects are not followed: only
 * the base URL says where requests may go.
 *
 * @throws CallError `unavailable` where there is no whole reply: no network, no server, a broken connection, or a page that
 *   the service's `cors` does not allow. A browser does not say which
 */
export function fetchAttempt({ fetch, credentials }: FetchSettings): SendFetchAttempt {
  return async function fetchAttempt({ call, number, endpoint, headers, body = null, signal }) {
    const { label, method, path, replyAs } = call;
    const origin = { operation: label, endpoint, attempts: number };
    try {
      const response = await fetch(endpoint + path, {
        method,
        headers,
        body,
        redirect: 'manual',
        ...(credentials && { credentials }),
        ...(signal && { signal: toAbortSignal(signal) }),
      });
      const { status } = response;
      const own = Object.fromEntries(response.headers);
      if (replyAs === 'stream' && response.ok && response.body) {
        const chunks = await chunksOf(response.body.getReader());
        return { status, headers: own, text: '', chunks, error: undefined, origin };
      }
      const text = await response.text();
      const details = { ...origin, retryAfterMs: retryAfterMs(own[headerNames.retryAfter]) };
      const error = status < 400 ? undefined : errorOfReply(status, problemOf(own, text), details);
      return { status, headers: own, text, chunks: undefined, error, origin };
    } catch (cause) {
      throw new CallError('unavailable', `no reply (${messageOf(cause)})`, { ...origin, cause });
    }
  };
}

function problemOf(headers: FetchReply['headers'], text: string): unknown {
  if (!headers['content-type']?.toLowerCase().startsWith(problemMediaType)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a problem that cannot be read is understood by its status
  }
}

/** Waits for the first chunk: a stream that breaks before it counts as a failed attempt. */
async function chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<ChunkReader> {
  let first: { value?: Uint8Array | undefined } | undefined = await reader.read();
  return {
    async read() {
      const { value } = first ?? (await reader.read());
      first = undefined;
      return value;
    },
    cancel() {
      reader.cancel().catch(() => {}); // broken already
    },
  };
}
