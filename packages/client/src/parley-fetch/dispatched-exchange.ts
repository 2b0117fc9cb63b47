import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { chunksOf } from '../streams/reply-content.ts';
import { StreamSource } from '../transport/body-source.ts';
import type { Reply, ReplyHeaders } from '../transport/reply.ts';
import { ReplyStream } from '../transport/reply-stream.ts';
import { type Dispatcher, errors } from '../transport/undici.ts';
import type { Upstream } from '../upstream.ts';
import { type DispatchedOptions, dispatchedRequest, timeLimitMs, withShortBodyRead } from './dispatched-request.ts';
import { type PlainRequest, plainCall } from './plain-request.ts';

/** Header values as undici gives them, names in lower case. */
type Fields = Record<string, string | string[]>;

const withoutBody = new Set([204, 205, 304]);

/** One request of a dispatcher: sends it through an upstream, and tells its handler what comes back. Controls it too. */
export class DispatchedExchange implements Dispatcher.DispatchController {
  paused = false;
  reason: Error | null = null;
  rawHeaders: Fields | null = null;
  rawTrailers: Fields | null = null;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #aborting = new AbortController();
  #onResume = () => {};

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  get aborted(): boolean {
    return this.#aborting.signal.aborted;
  }

  /** Ends the request at whatever point it is; the handler gets the reason as its error. */
  abort(reason: Error = new errors.RequestAbortedError()): void {
    if (this.aborted) return;
    this.reason = reason;
    this.#aborting.abort(reason);
    this.resume();
  }

  /** Calls the handler no more until {@link resume}, and has the endpoint send no more than fits into buffers. */
  pause(): void {
    this.paused = true;
  }

  /** Goes on after {@link pause}. */
  resume(): void {
    this.paused = false;
    this.#onResume();
  }

  /** Tells the handler of an error before anything was sent. */
  refuse(error: Error): void {
    this.#handler.onResponseError?.(this, error);
  }

  /** Sends the request; resolves when the handler has got the end of the response, or its error. */
  async send(upstream: Upstream, options: DispatchedOptions): Promise<void> {
    let request: PlainRequest | undefined;
    try {
      request = dispatchedRequest(options, this.#aborting.signal);
      const bodyTimeoutMs = timeLimitMs('bodyTimeout', options.bodyTimeout);
      this.#handler.onRequestStart?.(this, null);
      this.#throwIfAborted();
      const { clock, cache, idleTimeoutMs } = upstream.options;
      const reply = await upstream.send(plainCall(await withShortBodyRead(request), cache !== false));
      await this.#deliver(reply, request.method, { clock, idleTimeoutMs: bodyTimeoutMs ?? idleTimeoutMs });
    } catch (error) {
      this.refuse(this.reason ?? (error as Error));
    } finally {
      // A stream that nobody has read holds a file or a socket.
      if (request?.body instanceof StreamSource) request.body.discard();
    }
  }

  async #deliver(reply: Reply, method: string, limits: Parameters<typeof chunksOf>[2]): Promise<void> {
    const { status, body, origin } = reply;
    const isWhole = !(body instanceof Readable);
    const hasBody = method !== 'HEAD' && !withoutBody.has(status);
    const chunks = isWhole ? [Buffer.from(body)] : chunksOf(body, origin, limits);
    try {
      this.#throwIfAborted();
      // What was read whole was decoded.
      const length = isWhole && hasBody ? Buffer.byteLength(body) : undefined;
      const headers = fieldsOf(reply.headers, length);
      this.rawHeaders = headers;
      this.#handler.onResponseStarted?.();
      this.#handler.onResponseStart?.(this, status, headers, STATUS_CODES[status] ?? '');
      if (hasBody) for await (const chunk of chunks) await this.#hand(chunk);
      await this.#resumed();
      const trailers = body instanceof ReplyStream ? fieldsOf(body.trailers) : {};
      this.rawTrailers = trailers;
      this.#handler.onResponseEnd?.(this, trailers);
    } finally {
      if (!isWhole) body.destroy();
    }
  }

  async #hand(chunk: Uint8Array): Promise<void> {
    await this.#resumed();
    if (chunk.length > 0) this.#handler.onResponseData?.(this, chunk as Buffer);
    this.#throwIfAborted();
  }

  async #resumed(): Promise<void> {
    while (this.paused) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onResume = resolve;
      await promise;
    }
    this.#throwIfAborted();
  }

  #throwIfAborted(): void {
    this.#aborting.signal.throwIfAborted();
  }
}

/** @param length of the body as it is handed over; default: as the headers have it */
function fieldsOf(given: ReplyHeaders, length?: number): Fields {
  const fields: Fields = Object.create(null);
  for (const [name, value] of Object.entries(given)) if (value !== undefined) fields[name] = value;
  if (length !== undefined && fields['content-length'] !== undefined) fields['content-length'] = String(length);
  return fields;
}
