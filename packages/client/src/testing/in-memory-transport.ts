import { Readable } from 'node:stream';
import { CallError } from '@parley/contract';
import {
  type Axios,
  AxiosError,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
  pathOf,
  settle,
} from '../axios/axios.ts';
import { axiosTransport } from '../axios/axios-transport.ts';
import { replyData } from '../axios/reply-data.ts';
import { bad, toAxiosError } from '../axios/wire-errors.ts';
import type { Address } from '../discovery/address.ts';
import type { SendAttempt } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { CancelSignal } from '../time/cancel-signal.ts';
import type { Clock } from '../time/clock.ts';
import { sleep } from '../time/time-limit.ts';
import { PartsSource, StreamSource } from '../transport/body-source.ts';
import type { EndpointTransport, Transport } from '../transport/transport.ts';
import type { InMemoryReply, InMemoryRequest } from './in-memory-message.ts';
import { noConnections } from './no-connections.ts';

/** Answers one request at one replica. May reject with an error as a socket gives it. */
export type Answering = (request: InMemoryRequest, address: string) => Promise<InMemoryReply>;

/**
 * Carries requests to a function in this process. What undici does on the wire is not here: connections, TLS,
 * compression, redirects.
 *
 * Scope: upstream.
 */
export class InMemoryTransport implements Transport<SendAttempt> {
  readonly #axios: Axios;
  readonly #answer: Answering;
  readonly #options: Current<Pick<UpstreamOptions, 'maxReplyBytes'>>;

  constructor(axios: Axios, answer: Answering, options: Current<Pick<UpstreamOptions, 'maxReplyBytes'>>) {
    this.#axios = axios;
    this.#answer = answer;
    this.#options = options;
  }

  open({ origin }: Address): EndpointTransport<SendAttempt> {
    return {
      send: axiosTransport(this.#axios, (config) => this.#exchange(config, origin)),
      connections: noConnections,
    };
  }

  close(): void {}

  #exchange(config: InternalAxiosRequestConfig, origin: string): Promise<AxiosResponse> {
    return new Promise((resolve, reject) => {
      const outer = config.signal as CancelSignal | undefined;
      const leaving = new AbortController();
      const leave = () => leaving.abort(new CallError('cancelled', 'client went away'));
      const onAbort = () => {
        leave();
        reject(new CanceledError(undefined, config));
      };
      if (outer?.aborted) return onAbort();
      outer?.addEventListener('abort', onAbort);
      this.#reply(config, origin, leaving.signal)
        .finally(() => outer?.removeEventListener('abort', onAbort))
        .then(async ({ body, ...reply }) => {
          if (body instanceof Readable) body.once('close', leave);
          const data = await this.#data(body, config);
          return settle({ ...reply, data, statusText: '', config } as AxiosResponse);
        })
        .then(resolve, (error) => reject(isOfWire(error) ? toAxiosError(error, config) : error));
    });
  }

  async #reply(config: InternalAxiosRequestConfig, origin: string, signal: AbortSignal): Promise<InMemoryReply> {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(config.headers.toJSON())) headers[name.toLowerCase()] = String(value);
    const method = (config.method ?? 'get').toUpperCase();
    return this.#answer({ method, path: pathOf(config), headers, body: bodyOf(config), signal }, origin);
  }

  async #data(body: InMemoryReply['body'], config: InternalAxiosRequestConfig): Promise<unknown> {
    if (body instanceof Readable) {
      if (config.responseType === 'stream') return body;
      return this.#data(Buffer.concat(await body.toArray()), config);
    }
    const isHead = config.method?.toUpperCase() === 'HEAD';
    const bytes = Buffer.from(isHead ? '' : body);
    const { maxReplyBytes } = this.#options.current;
    if (bytes.length > maxReplyBytes) throw bad(config, `maxContentLength size of ${maxReplyBytes} exceeded`);
    return replyData(bytes, config);
  }
}

/** Tells a failure of the wire from a mistake in the function that answers: every failure of the wire has a code. */
function isOfWire(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException | undefined)?.code === 'string';
}

/** Waits as a fault does. */
export function waiting(clock: Clock, { signal, path }: InMemoryRequest) {
  return (ms: number) => sleep(clock, ms, signal, path);
}

function bodyOf(config: InternalAxiosRequestConfig): InMemoryRequest['body'] {
  const { data } = config;
  if (data === undefined || data === null || typeof data === 'string') return data ?? undefined;
  if (data instanceof Uint8Array || data instanceof StreamSource || data instanceof PartsSource) return data;
  throw new AxiosError('a body in memory must be text, bytes or a stream', AxiosError.ERR_NOT_SUPPORT, config);
}
