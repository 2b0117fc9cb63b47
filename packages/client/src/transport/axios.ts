import { CallError } from '@parley/contract';
import { Axios, type AxiosAdapter, AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import type { Request, Send } from '../layer.ts';
import { Reply, type ReplyHeaders } from '../reply.ts';
import { ReplyStream } from './reply-stream.ts';
import { whyUnprocessed } from './unprocessed.ts';

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

/** Sends a request through axios, its interceptors and then the adapter, and turns what comes back into ours. */
export function axiosTransport(axios: Axios, adapter: AxiosAdapter, address: string): Send {
  return async function axiosTransport(request) {
    try {
      const response = await axios.request<Reply['body']>(toConfig(request, adapter));
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
    ...(request.signal && { signal: request.signal }),
    ...(request.wire as object | undefined),
  };
}

/** Lets a stream fail as the call itself would. */
function translate(body: unknown, request: Request, address: string): void {
  if (!(body instanceof ReplyStream)) return;
  body.translate = (error) => (error instanceof AxiosError ? toCallError(error, request, address) : error);
}

/** The request cannot be sent to any endpoint: a header value with a line break, say. */
const inputCodes = new Set([
  AxiosError.ERR_NOT_SUPPORT,
  AxiosError.ERR_BAD_OPTION,
  AxiosError.ERR_BAD_OPTION_VALUE,
  AxiosError.ERR_BAD_REQUEST,
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

const replyCodes = new Set([AxiosError.ERR_BAD_RESPONSE, 'ERR_FR_TOO_MANY_REDIRECTS', 'ERR_FR_REDIRECTION_FAILURE']);

// The AxiosError itself stays behind: it holds the whole request, Authorization and body included.
function toCallError(error: AxiosError, { label, attempt }: Request, endpoint: string): CallError {
  const { code = 'ERR_NETWORK' } = error;
  const cause = harmless(error.cause);
  const details = { operation: label, endpoint, attempts: attempt, cause };
  const unprocessed = whyUnprocessed(error.cause);
  if (unprocessed) return new CallError('unavailable', unprocessed, { ...details, isUnprocessed: true });
  if (replyCodes.has(code)) return new CallError('invalid_reply', error.message, details);
  if (code === AxiosError.ERR_CANCELED) return new CallError('cancelled', 'the caller gave up', details);
  if (inputCodes.has(code)) return new CallError('invalid_input', `not sent: ${error.message}`, details);
  return new CallError('unavailable', `the connection broke (${code})`, details);
}

/** undici's parser errors hold the bytes that they could not read: part of a reply, whosever data that is. */
function harmless(cause: unknown): unknown {
  if (cause instanceof Error && 'data' in cause) Reflect.deleteProperty(cause, 'data');
  return cause;
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
