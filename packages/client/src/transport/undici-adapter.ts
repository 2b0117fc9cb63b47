import type { Dispatcher } from 'undici';
import { type AxiosAdapter, AxiosError, type AxiosResponse, type InternalAxiosRequestConfig, pathOf } from './axios.ts';
import type { ConnectionPool } from './connection-pool.ts';

/**
 * An axios adapter on undici's `dispatch`: no stream is made for a body that is read whole anyway.
 * Takes string and binary bodies, gives text (`responseType: 'text'`) or bytes (`'arraybuffer'`).
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
      body: bodyOf(this.#config),
      idempotent: (this.#config as { isIdempotent?: boolean }).isIdempotent ?? false,
    };
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#config.signal?.aborted) this.#abort();
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    statusText = '',
  ): void {
    // Early hints come here too; the reply that follows overwrites them.
    this.#status = status;
    this.#statusText = statusText;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const limit = this.#config.maxContentLength ?? -1;
    if (limit >= 0 && this.#size > limit) controller.abort(this.#bad(`maxContentLength size of ${limit} exceeded`));
  }

  onResponseEnd(): void {
    const encoding = this.#headers['content-encoding'];
    if (encoding && encoding !== 'identity') {
      this.fail(this.#bad(`content-encoding ${encoding} was not asked for`));
      return;
    }
    this.#cleanUp();
    const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#size);
    this.#resolve({
      data: this.#config.responseType === 'arraybuffer' ? body : body.toString(),
      status: this.#status,
      statusText: this.#statusText,
      headers: this.#headers as AxiosResponse['headers'],
      config: this.#config,
    });
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
    this.#reject(error instanceof AxiosError ? error : toAxiosError(error as NodeJS.ErrnoException, this.#config));
  }

  readonly #abort = () => {
    const error = new AxiosError('canceled', AxiosError.ERR_CANCELED, this.#config);
    // Queued: undici asks for nothing before it starts the request, and then finds it aborted.
    if (this.#controller) this.#controller.abort(error);
    else this.fail(error);
  };

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

function bodyOf(config: InternalAxiosRequestConfig): string | Uint8Array | null {
  const { data } = config;
  if (data === undefined || data === null) return null;
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const message = `cannot send a body of type ${kind}: expected a string, Buffer, Uint8Array or ArrayBuffer`;
  throw new AxiosError(message, AxiosError.ERR_NOT_SUPPORT, config);
}
