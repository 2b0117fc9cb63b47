import { ownMembers } from '@parley/contract';
import {
  isOfBrokenConnection,
  isReasonOfAnother,
  markReason,
  SharedConnectionError,
} from '../transport/abort-reasons.ts';
import { decodeBody } from '../transport/decompression.ts';
import type { DispatchController, Dispatching, DispatchOptions } from '../transport/dispatch.ts';
import { ofBegunReply } from '../transport/unprocessed.ts';
import { whyUnreadable } from '../transport/unreadable-reply.ts';
import {
  type AxiosError,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
  type ResponseHeaders,
  settle,
} from './axios.ts';
import { replyData } from './reply-data.ts';
import { bad, toAxiosError, toCodingError } from './wire-errors.ts';

/**
 * One request and its reply, read whole: text or bytes. This is the way of almost all calls, and has
 * nothing that they don't need: no stream, no timer, no copy. What a call may ask beyond is in `FullExchange`.
 */
export class Exchange {
  protected readonly config: InternalAxiosRequestConfig;
  protected readonly resolve: (response: AxiosResponse) => void;
  protected readonly reject: (error: unknown) => void;
  /** Of the reply, as it came and decoded. */
  protected readonly maxBytes: number;
  protected controller: DispatchController | undefined;
  protected status = 0;
  protected statusText = '';
  protected headers: ResponseHeaders = {};
  protected hasEnded = false;
  /** What this request itself was ended with. */
  #ownReason: Error | undefined;
  /** The request may have reached a server. */
  #wasSent = false;
  /** A byte of the reply has come. */
  #hasBegun = false;
  #chunks: Buffer[] = [];
  #size = 0;
  /** How to send the request again; none once that was done. */
  #sent: { readonly pool: Dispatching; readonly request: DispatchOptions } | undefined;

  constructor(
    config: InternalAxiosRequestConfig,
    maxBytes: number,
    resolve: (response: AxiosResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.config = config;
    this.maxBytes = maxBytes;
    this.resolve = resolve;
    this.reject = reject;
    config.signal?.addEventListener?.('abort', this.#onAbort);
  }

  /** Sends the request; once more, on a fresh connection, where a stale one fails it before a byte of a reply. */
  send(pool: Dispatching, request: DispatchOptions): void {
    this.#sent = { pool, request };
    try {
      pool.dispatch(request, this);
    } catch (error) {
      this.fail(error);
    }
  }

  onRequestStart(controller: DispatchController): void {
    this.controller = controller;
    // It was given up while it waited for a connection.
    if (this.hasEnded || this.config.signal?.aborted) this.stop(new CanceledError(undefined, this.config));
    else this.#wasSent = true;
  }

  /** undici calls this at the first byte of a reply, before it can read any of it. */
  onResponseStarted(): void {
    this.#hasBegun = true;
  }

  onResponseStart(_: DispatchController, status: number, headers: ResponseHeaders, statusText = ''): void {
    // Early hints come here too; the reply that follows overwrites them.
    this.status = status;
    this.statusText = statusText;
    this.headers = ownMembers(headers);
    const length = this.headers['content-length'];
    if (length !== undefined && Number(length) > this.maxBytes && this.#hasBody()) this.stop(this.tooLarge());
  }

  onResponseData(_: DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > this.maxBytes) this.stop(this.tooLarge());
  }

  onResponseEnd(_controller: DispatchController, _trailers: ResponseHeaders): void {
    this.hasEnded = true;
    const chunks = this.#chunks;
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, this.#size);
    if (this.headers['content-encoding'] === undefined || this.config.decompress === false) this.#finish(body);
    else void this.#decode(body);
  }

  onResponseError(_: DispatchController, error: Error): void {
    const isOfAnother = isReasonOfAnother(error, this.#ownReason) || (!this.#wasSent && isOfBrokenConnection(error));
    if (this.#isSentAgain(error, isOfAnother)) return;
    if (isOfAnother) this.fail(new SharedConnectionError(this.#wasSent));
    else this.fail(this.#unreadable(error) ?? (this.#isBegun ? ofBegunReply(error) : error));
  }

  /** Ends the exchange without a reply. */
  fail(error: unknown): void {
    this.hasEnded = true;
    this.cleanUp();
    this.reject(this.failure(error));
  }

  /** The error for the caller. One of the connection or the decoder has the head of the reply, if that was there. */
  protected failure(error: unknown): AxiosError {
    const failure = toAxiosError(error, this.config);
    if (this.status < 200 || !failure.cause || failure.response) return failure;
    failure.response = this.response(undefined);
    failure.status = this.status;
    return failure;
  }

  /** Ends the exchange at whatever point it is. */
  protected abort(error: Error): void {
    // Queued: undici asks for nothing before it starts the request, and then finds it aborted.
    if (this.controller && !this.hasEnded) this.stop(error);
    else this.fail(error);
  }

  /** Ends a request that undici has started. */
  protected stop(reason: Error): void {
    this.own(reason);
    this.controller?.abort(reason);
  }

  /** Remembers what ends this request. Other requests on its connection may fail with it too, and are not to report it. */
  protected own<Reason extends Error>(reason: Reason): Reason {
    this.#ownReason = reason;
    markReason(reason);
    return reason;
  }

  /** Hands over the reply. */
  protected deliver(response: AxiosResponse): void {
    try {
      this.resolve(this.config.validateStatus ? settle(response) : response);
    } catch (error) {
      this.reject(error);
    }
  }

  protected response(data: unknown): AxiosResponse {
    const { status, statusText, headers, config } = this;
    return { data, status, statusText, headers: headers as AxiosResponse['headers'], config };
  }

  /** Lets go of everything that outlives the exchange. */
  protected cleanUp(): void {
    this.config.signal?.removeEventListener?.('abort', this.#onAbort);
  }

  protected tooLarge(): AxiosError {
    return bad(this.config, `maxContentLength size of ${this.maxBytes} exceeded`);
  }

  get #isBegun(): boolean {
    return this.#hasBegun || this.status !== 0;
  }

  #isSentAgain(error: Error, isOfAnother: boolean): boolean {
    const sent = this.#sent;
    if (!sent || this.#isBegun || this.hasEnded || this.config.signal?.aborted) return false;
    this.#sent = undefined;
    this.controller = undefined; // that of the repetition comes with its start
    if (isOfAnother) return sent.pool.redispatch(sent.request, this, this.#wasSent);
    return sent.pool.repeat(sent.request, this, error);
  }

  readonly #onAbort = () => this.abort(new CanceledError(undefined, this.config));

  /** Its Content-Length may be that of another reply (RFC 9110 §8.6). */
  #hasBody(): boolean {
    const { status } = this;
    return status >= 200 && status !== 204 && status !== 304 && this.config.method?.toUpperCase() !== 'HEAD';
  }

  #unreadable(error: Error): AxiosError | undefined {
    if (error === this.#ownReason) return undefined;
    const reason = whyUnreadable(error, this.status >= 200);
    return reason === undefined ? undefined : bad(this.config, `the reply cannot be read: ${reason}`, error);
  }

  async #decode(body: Buffer): Promise<void> {
    try {
      const plain = await decodeBody(body, this.headers['content-encoding'] ?? '', this.maxBytes);
      delete this.headers['content-encoding'];
      this.#finish(plain);
    } catch (error) {
      if (body.length === 0)
        this.#finish(body); // whatever its coding, nothing is nothing
      else this.fail(toCodingError(error as NodeJS.ErrnoException, this.config, this.tooLarge()));
    }
  }

  #finish(body: Buffer): void {
    this.cleanUp();
    this.deliver(this.response(replyData(body, this.config)));
  }
}
