import type { Dispatcher } from 'undici';
import { type AxiosAdapter, AxiosError, type AxiosResponse, type InternalAxiosRequestConfig, pathOf } from './axios.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { ReplyStream } from './reply-stream.ts';
import { requestBody } from './request-body.ts';

/**
 * An axios adapter on undici's `dispatch`: no stream is made for a body that is read whole anyway.
 * Takes string and binary bodies, gives text (`responseType: 'text'`), bytes (`'arraybuffer'`), or a
 * `Readable` (`'stream'`) as soon as the head is there.
 *
 * @throws AxiosError with the code of the socket's error, `ERR_CANCELED`, `ERR_BAD_RESPONSE` for a reply
 *   that is too large or encoded, `ERR_NOT_SUPPORT` for a body it cannot send
 */
export function undiciAdapter(pool: ConnectionPool): AxiosAdapter {
  return (config) =>
    new Promise((resolve, reject) => {
      const exchange = new Exchange(config, pool, resolve, reject);
      try {
        pool.dispatch(exchange.options(), exchange);
      } catch (error) {
        exchange.fail(error);
      }
    });
}

/** One request and its reply. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #config: InternalAxiosRequestConfig;
  readonly #pool: ConnectionPool;
  readonly #resolve: (response: AxiosResponse) => void;
  readonly #reject: (error: AxiosError) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #statusText = '';
  #headers: Record<string, string | string[] | undefined> = {};
  #size = 0;
  #stream: ReplyStream | undefined;
  #isRepeated = false;

  constructor(
    config: InternalAxiosRequestConfig,
    pool: ConnectionPool,
    resolve: (response: AxiosResponse) => void,
    reject: (error: AxiosError) => void,
  ) {
    this.#config = config;
    this.#pool = pool;
    this.#resolve = resolve;
    this.#reject = reject;
    config.signal?.addEventListener?.('abort', this.#abort);
  }

  options(): Dispatcher.DispatchOptions {
    return {
      method: (this.#config.method ?? 'get').toUpperCase() as Dispatcher.HttpMethod,
      path: pathOf(this.#config),
      headers: this.#config.headers.toJSON() as Record<string, string>,
      body: requestBody(this.#config),
      idempotent: (this.#config as { isIdempotent?: boolean }).isIdempotent ?? false,
    };
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#config.signal?.aborted) this.#abort();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText = '',
  ): void {
    // Early hints come here too; the reply that follows overwrites them.
    this.#status = status;
    this.#statusText = statusText;
    this.#headers = headers;
    if (this.#config.responseType !== 'stream' || status < 200) return;
    this.#stream = new ReplyStream(controller);
    if (this.#isEncoded) controller.abort(this.#encoded());
    else this.#resolve(this.#response(this.#stream));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#stream) return void this.#stream.receive(chunk);
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const { maxReplyBytes } = this.#pool;
    if (this.#size > maxReplyBytes) controller.abort(this.#bad(`the reply is larger than ${maxReplyBytes} bytes`));
    const limit = this.#config.maxContentLength ?? -1;
    if (limit >= 0 && this.#size > limit) controller.abort(this.#bad(`maxContentLength size of ${limit} exceeded`));
  }

  onResponseEnd(): void {
    if (this.#isEncoded) return void this.fail(this.#encoded());
    this.#cleanUp();
    if (this.#stream) return void this.#stream.finish();
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#size);
    this.#resolve(this.#response(this.#config.responseType === 'arraybuffer' ? body : body.toString()));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    // Not a byte of a reply yet, and the connection had gone stale: nobody needs to know.
    if (this.#status === 0 && !this.#isRepeated && !this.#config.signal?.aborted) {
      this.#isRepeated = true;
      this.#controller = undefined; // that of the repetition comes with its start
      if (this.#pool.repeat(this.options(), this, error)) return;
    }
    this.fail(error);
  }

  fail(error: unknown): void {
    this.#cleanUp();
    this.#stream?.destroy(error as Error);
    this.#reject(error instanceof AxiosError ? error : toAxiosError(error as NodeJS.ErrnoException, this.#config));
  }

  readonly #abort = () => {
    const error = new AxiosError('canceled', AxiosError.ERR_CANCELED, this.#config);
    // Queued: undici asks for nothing before it starts the request, and then finds it aborted.
    if (this.#controller) this.#controller.abort(error);
    else this.fail(error);
  };

  #response(data: unknown): AxiosResponse {
    const headers = this.#headers as AxiosResponse['headers'];
    return { data, status: this.#status, statusText: this.#statusText, headers, config: this.#config };
  }

  get #isEncoded(): boolean {
    return (this.#headers['content-encoding'] ?? 'identity') !== 'identity';
  }

  #encoded(): AxiosError {
    return this.#bad('content-encoding was not asked for');
  }

  #bad(message: string): AxiosError {
    return new AxiosError(message, AxiosError.ERR_BAD_RESPONSE, this.#config);
  }

  #cleanUp(): void {
    this.#config.signal?.removeEventListener?.('abort', this.#abort);
  }
}

function toAxiosError(cause: NodeJS.ErrnoException, config: InternalAxiosRequestConfig): AxiosError {
  const error = new AxiosError(cause.message, cause.code ?? AxiosError.ERR_NETWORK, config);
  error.cause = cause;
  return error;
}
