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

// The only file that imports axios: everything else of it that the package needs comes from here.
export {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
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

/**
 * Sends a request through axios, its interceptors and then the adapter, and turns what comes back into ours.
 * Where there is no interceptor, the adapter gets at once what an axios without defaults would hand it: the
 * way through would change nothing, and costs more than all the layers together.
 */
export function axiosTransport(axios: Axios, adapter: AxiosAdapter, address: string): Send {
  return async function axiosTransport(request) {
    try {
      const response: AxiosResponse<string | Uint8Array> = await (hasInterceptors(axios)
        ? axios.request(toConfig(request, adapter))
        : adapter(toInternalConfig(request, adapter)));
      const origin = { operation: request.label, endpoint: address, attempts: request.attempt };
      return new Reply(response.status, response.headers as ReplyHeaders, response.data, origin);
    } catch (error) {
      if (request.signal?.reason instanceof CallError) throw request.signal.reason;
      // An interceptor's own axios call may have failed: that is nothing this endpoint did.
      if (!(error instanceof AxiosError) || error.config?.adapter !== adapter) throw error;
      throw toCallError(error, request, address);
    }
  };
}

function toConfig(request: Request, adapter: AxiosAdapter) {
  return {
    adapter,
    method: request.method,
    url: request.path,
    // false: axios would call a body that isn't there a form.
    headers: { 'content-type': false, ...request.headers },
    data: request.body,
    responseType: request.replyAs === 'bytes' ? ('arraybuffer' as const) : ('text' as const),
    ...(request.signal && { signal: toAbortSignal(request.signal) }),
  };
}

const count = ({ handlers = [] }: { readonly handlers?: readonly unknown[] }) => handlers.length;

function hasInterceptors({ interceptors: { request, response } }: Axios): boolean {
  return count(request) > 0 || count(response) > 0;
}

/** What `axios.request` makes of {@link toConfig}. */
function toInternalConfig(request: Request, adapter: AxiosAdapter): InternalAxiosRequestConfig {
  return {
    adapter,
    method: request.method,
    url: request.path,
    headers: toAxiosHeaders(request.headers),
    data: request.body,
    responseType: request.replyAs === 'bytes' ? 'arraybuffer' : 'text',
    validateStatus: null,
    allowAbsoluteUrls: false,
    ...(request.signal && { signal: request.signal }),
  };
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
  const code = status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
  throw new AxiosError(`Request failed with status code ${status}`, code, config, undefined, response);
}
