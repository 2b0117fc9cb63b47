import { ownMembers } from '@parley/contract';
import { type BodySource, limited, type RequestBody } from '../transport/body-source.ts';
import { codingsOf, decoders } from '../transport/decompression.ts';
import type { DispatchController } from '../transport/dispatch.ts';
import { type ReplySource, ReplyStream } from '../transport/reply-stream.ts';
import {
  AxiosError,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
  type ResponseHeaders,
} from './axios.ts';
import { Exchange } from './exchange.ts';
import { Progress } from './progress.ts';
import { toCodingError } from './wire-errors.ts';

/** An exchange with all that a call may ask for: a streamed reply, a streamed body, progress, a time limit, a cancel token. */
export class FullExchange extends Exchange implements ReplySource {
  readonly #body: RequestBody | undefined;
  readonly #source: BodySource | undefined;
  readonly #upload: Progress | undefined;
  readonly #download: Progress | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #stream: ReplyStream | undefined;

  constructor(
    config: InternalAxiosRequestConfig,
    { maxBytes, body, endsAtMs }: { maxBytes: number; body: RequestBody | undefined; endsAtMs: number },
    resolve: (response: AxiosResponse) => void,
    reject: (error: unknown) => void,
  ) {
    super(config, maxBytes, resolve, reject);
    const { onUploadProgress, onDownloadProgress, cancelToken, headers } = config;
    this.#body = body;
    if (typeof body === 'object' && 'isSpent' in body) this.#source = body;
    if (onUploadProgress) this.#upload = new Progress('upload', onUploadProgress);
    if (body !== undefined)
      this.#upload?.expect(
        this.#source ? (headers.getContentLength() ?? undefined) : Buffer.byteLength(body as string),
      );
    if (onDownloadProgress) this.#download = new Progress('download', onDownloadProgress);
    if (endsAtMs !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.abort(timeoutError(config)), Math.max(0, endsAtMs - performance.now()));
    }
    cancelToken?.subscribe(this.#onCancel);
  }

  /** What undici sends: a stream with its limit, and with errors that tell the caller's faults from the server's. */
  body(): string | Uint8Array | AsyncIterable<Uint8Array> | undefined {
    if (!this.#source) return this.#body;
    const { maxBodyLength = -1, headers } = this.config;
    const length = Number(headers.getContentLength() ?? Number.NaN);
    return limited(this.#source, {
      length: Number.isNaN(length) ? undefined : length,
      maxBytes: maxBodyLength < 0 ? Number.POSITIVE_INFINITY : maxBodyLength,
      tooLarge: () => bodyTooLarge(this.config),
      onFailure: (error) => this.own(error),
    });
  }

  onBodySent(chunk: Uint8Array | string): void {
    this.#upload?.advance(Buffer.byteLength(chunk));
  }

  onRequestSent(): void {
    this.#upload?.end();
  }

  override onResponseStart(...start: Parameters<Exchange['onResponseStart']>): void {
    super.onResponseStart(...start);
    if (this.status < 200) return;
    this.#download?.expect(this.headers['content-length']);
    if (this.config.responseType !== 'stream' || this.controller?.aborted) return;
    try {
      this.#stream = this.#open();
      this.deliver(this.response(this.#stream));
    } catch (error) {
      this.abort(toCodingError(error as Error, this.config, this.tooLarge()));
    }
  }

  override onResponseData(controller: DispatchController, chunk: Buffer): void {
    this.#download?.advance(chunk.length);
    if (this.#stream) this.#stream.receive(chunk);
    else super.onResponseData(controller, chunk);
  }

  override onResponseEnd(controller: DispatchController, trailers: ResponseHeaders): void {
    this.#download?.end();
    if (this.#stream) {
      this.hasEnded = true;
      this.#stream.finish(ownMembers(trailers));
    } else {
      super.onResponseEnd(controller, trailers);
    }
  }

  override fail(error: unknown): void {
    const failure = this.failure(error);
    super.fail(failure);
    this.#stream?.destroy(failure);
  }

  /** Part of the stream: its reader has had enough. */
  pause(): void {
    if (!this.hasEnded) this.controller?.pause();
  }

  /** Part of the stream: its reader wants more. */
  resume(): void {
    if (!this.hasEnded) this.controller?.resume();
  }

  /** Part of the stream: it has ended, or its reader has left it. */
  closed(): void {
    this.cleanUp();
    if (!this.hasEnded) this.stop(new CanceledError('the reply was not read to its end', this.config));
    this.hasEnded = true;
  }

  // Status and redirects are judged after the exchange.
  protected override deliver(response: AxiosResponse): void {
    this.resolve(response);
  }

  protected override cleanUp(): void {
    super.cleanUp();
    clearTimeout(this.#timer);
    this.config.cancelToken?.unsubscribe(this.#onCancel);
    if (this.#source?.isSpent) this.#source.discard();
  }

  readonly #onCancel = (reason?: unknown) =>
    this.abort(reason instanceof CanceledError ? reason : new CanceledError(undefined, this.config));

  #open(): ReplyStream {
    const encoding = this.config.decompress === false ? undefined : this.headers['content-encoding'];
    const names = encoding === undefined ? [] : codingsOf(encoding);
    if (encoding !== undefined) delete this.headers['content-encoding'];
    const tooLarge = () => this.tooLarge();
    return new ReplyStream(this, {
      maxBytes: this.maxBytes,
      tooLarge,
      corrupt: (cause) => toCodingError(cause, this.config, tooLarge()),
      decoders: names.length === 0 ? undefined : (start) => decoders(names, start),
    });
  }
}

/** The error that axios gives for a body above `maxBodyLength`. */
export function bodyTooLarge(config: InternalAxiosRequestConfig): AxiosError {
  return new AxiosError('Request body larger than maxBodyLength limit', AxiosError.ERR_BAD_REQUEST, config);
}

function timeoutError(config: InternalAxiosRequestConfig): AxiosError {
  const { timeout, timeoutErrorMessage, transitional } = config;
  const code = transitional?.clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED;
  return new AxiosError(timeoutErrorMessage || `timeout of ${timeout}ms exceeded`, code, config);
}
