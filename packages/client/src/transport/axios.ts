import { CallError } from '@parley/contract';
import {
  Axios,
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { toAbortSignal } from '../cancel-signal.ts';
import type { Request, Send } from '../layer.ts';
import { Reply, type ReplyHeaders } from '../reply.ts';
import { toCallError } from './call-failure.ts';
import { ReplyStream } from './reply-stream.ts';

// The only file that imports axios: everything else of it that the package needs comes from here.
export {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosProgressEvent,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
} from 'axios';

/** Where a user's axios interceptors go. They see each attempt, a retry too. */
export type Interceptors = Axios['interceptors'];

/**
 * An axios instance that does nothing of its own: no transforms, no default headers, no status check, no
 * redirects, no proxy from the environment. The default instance's config merge alone costs 12 µs a call more.
 */
export function createAxios(): Axios {
  return new Axios({ validateStatus: null, allowAbsoluteUrls: false });
}

/** Header values as undici gives them. */
export type ResponseHeaders = Record<string, string | string[] | undefined>;

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
    isIdempotent: request.isIdempotent,
    responseType: responseTypes[request.replyAs],
    ...(request.signal && { signal: toAbortSignal(request.signal) }),
    ...(request.wire as object | undefined),
  };
}

const count = ({ handlers = [] }: { readonly handlers?: readonly unknown[] }) => handlers.length;

function hasInterceptors({ interceptors: { request, response } }: Axios): boolean {
  return count(request) > 0 || count(response) > 0;
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
    isIdempotent: request.isIdempotent,
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

// AxiosHeaders keeps headers as members of its own; `set` would look for another spelling of each name among them.
class LowerCasedHeaders extends AxiosHeaders {
  override toJSON() {
    return { ...this };
  }
}

const uncleanValue = /[^\t\x20-\x7e\x80-\xff]/;

function toAxiosHeaders(headers: Request['headers']): AxiosHeaders {
  for (const name in headers) {
    if (uncleanValue.test(headers[name] as string)) return AxiosHeaders.from(headers); // axios takes such characters out
  }
  return Object.assign(new LowerCasedHeaders(), headers);
}

const builder = new Axios({ allowAbsoluteUrls: false });

/** Path and query of a request, with `baseURL` and `params` put in as axios does. */
export function pathOf({ url = '/', baseURL, params, paramsSerializer }: InternalAxiosRequestConfig): string {
  if (!params && !baseURL) return url;
  const config = { url, params, ...(baseURL && { baseURL }), ...(paramsSerializer && { paramsSerializer }) };
  return builder.getUri(config);
}

/** What axios does with a reply: gives it where `validateStatus` agrees, and throws it otherwise. */
export function settle(response: AxiosResponse): AxiosResponse {
  const { status, config } = response;
  if (!config.validateStatus || config.validateStatus(status)) return response;
  const code = status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
  throw new AxiosError(`Request failed with status code ${status}`, code, config, response.request, response);
}
