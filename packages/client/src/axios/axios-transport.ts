import { CallError } from '@parley/contract';
import type { Request, Send } from '../layer.ts';
import { toAbortSignal } from '../time/cancel-signal.ts';
import { Reply, type ReplyHeaders } from '../transport/reply.ts';
import { ReplyStream } from '../transport/reply-stream.ts';
import {
  type Axios,
  type AxiosAdapter,
  AxiosError,
  type AxiosResponse,
  hasInterceptors,
  type InternalAxiosRequestConfig,
  toAxiosHeaders,
} from './axios.ts';
import { toCallError } from './call-failure.ts';

/**
 * Sends a request through axios, its interceptors and then the adapter, and turns what comes back into ours.
 * Where there is no interceptor, the adapter gets at once what an axios without defaults would hand it: the
 * way through would change nothing, and costs more than all the layers together.
 */
export function axiosTransport(axios: Axios, adapter: AxiosAdapter, address: string): Send {
  return async function axiosTransport(request) {
    try {
      const response: AxiosResponse<Reply['body']> = await (hasInterceptors(axios)
        ? axios.request(toConfig(request, adapter))
        : adapter(toInternalConfig(request, adapter)));
      if (request.replyAs === 'stream') translate(response.data, request, address);
      return replyOf(response, request, address);
    } catch (error) {
      if (request.signal?.reason instanceof CallError) throw request.signal.reason;
      // An interceptor's own axios call may have failed: that is nothing this endpoint did.
      if (!(error instanceof AxiosError) || error.config?.adapter !== adapter) throw error;
      // An interceptor's validateStatus: the layers judge a reply by themselves.
      if (error.response) return replyOf(error.response as AxiosResponse<Reply['body']>, request, address);
      throw toCallError(error, request, address);
    }
  };
}

function replyOf({ status, headers, data }: AxiosResponse<Reply['body']>, request: Request, endpoint: string): Reply {
  const origin = { operation: request.label, endpoint, attempts: request.attempt };
  return new Reply(status, headers as ReplyHeaders, data, origin);
}

const responseTypes = { text: 'text', bytes: 'arraybuffer', stream: 'stream' } as const;

function toConfig(request: Request, adapter: AxiosAdapter) {
  return {
    adapter,
    method: request.method,
    url: request.path,
    // false: axios would call a body that isn't there a form.
    headers: { 'content-type': false, ...request.headers },
    data: request.body,
    isIdempotent: request.safety !== 'unsafe',
    responseType: responseTypes[request.replyAs],
    ...(request.signal && { signal: toAbortSignal(request.signal) }),
    ...(request.wire as object | undefined),
  };
}

/** A config with what the layers say beyond axios' own options. */
interface AttemptConfig extends InternalAxiosRequestConfig {
  readonly isIdempotent: boolean;
}

/** What `axios.request` makes of {@link toConfig}. */
function toInternalConfig(request: Request, adapter: AxiosAdapter): AttemptConfig {
  return {
    adapter,
    method: request.method,
    url: request.path,
    headers: toAxiosHeaders(request.headers),
    data: request.body,
    isIdempotent: request.safety !== 'unsafe',
    responseType: responseTypes[request.replyAs],
    validateStatus: null,
    allowAbsoluteUrls: false,
    ...(request.signal && { signal: request.signal }),
    ...(request.wire as object | undefined),
  };
}

/** Lets a stream fail as the call itself would. */
function translate(body: unknown, request: Request, address: string): void {
  if (!(body instanceof ReplyStream)) return;
  body.translate = (error) => (error instanceof AxiosError ? toCallError(error, request, address) : error);
}
