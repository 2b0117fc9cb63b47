import type { Safety } from '@parley/contract';
import { contextHeaders } from '../context/context-headers.ts';
import { inheritedContext } from '../context/inherited-context.ts';
import type { CallRequest } from '../layer.ts';
import { type RequestBody, StreamSource } from '../transport/body-source.ts';
import { safetyOf } from '../transport/method-safety.ts';
import type { WireOptions } from '../transport/wire-options.ts';

/** A request that belongs to no operation, as `fetch` and undici have it. */
export interface PlainRequest {
  /** In upper case, as it is sent: `get` may be repeated too, and `query` is no write. */
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody | undefined;
  readonly signal: AbortSignal;
  /** As many redirects are followed, within the endpoint. */
  readonly maxRedirects: number;
  /** Settings for the wire of a reply that is a stream. Default: none. */
  readonly streamWire?: WireOptions;
  /** Whether the request may be sent twice. Default: by its method and its `Idempotency-Key`. A stream is sent once, whatever this says. */
  readonly isRepeatable?: boolean | undefined;
  /** Time until the reply begins, all attempts together, in ms. Default: `callTimeoutMs` of the upstream. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The call that sends a plain request through the pipeline, in the context of the request that is being served.
 *
 * @param isStored whether replies to reads may be stored: such a reply is read whole, since streams are never stored
 */
export function plainCall(request: PlainRequest, isStored: boolean): CallRequest {
  const { method, path, body, signal, maxRedirects, streamWire, timeoutMs } = request;
  const context = inheritedContext({ signal });
  const headers = { ...contextHeaders(context), ...request.headers };
  const isStream = !isStored || !isStorable(request);
  return {
    label: `${method} ${path.split('?', 1)[0]}`,
    method,
    path,
    headers,
    body,
    replyAs: isStream ? 'stream' : 'bytes',
    wire: { maxRedirects, ...(isStream && streamWire) },
    safety: safetyFor(request),
    context,
    timeoutMs,
  };
}

function safetyFor({ method, headers, body, isRepeatable }: PlainRequest): Safety {
  if (body instanceof StreamSource || isRepeatable === false) return 'unsafe';
  const byMethod = safetyOf(method, headers);
  return byMethod === 'unsafe' && isRepeatable ? 'idempotent' : byMethod;
}

/** Whether a cache may store the reply. An event stream has no end to be read to. */
function isStorable({ method, headers }: PlainRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return (
    !/(^|,)\s*no-store\s*(,|$)/i.test(headers['cache-control'] ?? '') && !headers.accept?.includes('text/event-stream')
  );
}
