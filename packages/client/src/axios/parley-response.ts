import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { CallError } from '@parley/contract';
import type { CallRequest } from '../layer.ts';
import { StreamSource } from '../transport/body-source.ts';
import type { Reply } from '../transport/reply.ts';
import { ReplyStream } from '../transport/reply-stream.ts';
import { adapterFailureOf } from './adapter-failure.ts';
import {
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
  type ResponseHeaders,
  settle,
} from './axios.ts';
import { SentRequest } from './sent-request.ts';
import { timeoutMsOf } from './timeout-option.ts';

/** A reply as axios' users know it. */
export function responseOf(reply: Reply, config: InternalAxiosRequestConfig, sent: CallRequest): AxiosResponse {
  const { status, origin } = reply;
  const request = origin.redirected ?? sentRequest(sent, origin.endpoint);
  return { ...headOf(status, reply.headers, config, request), data: dataOf(reply, config, sent) };
}

function headOf(status: number, headers: ResponseHeaders, config: InternalAxiosRequestConfig, request: unknown) {
  const statusText = STATUS_CODES[status] ?? '';
  return { data: undefined, status, statusText, headers: AxiosHeaders.from(joined(headers)), config, request };
}

function sentRequest({ method, path }: CallRequest, endpoint: string | undefined): SentRequest | undefined {
  return endpoint === undefined ? undefined : new SentRequest(method, path, endpoint);
}

// As Node joins them, and axios with it: cookies are always a list, all else is one line.
function joined(headers: ResponseHeaders): Record<string, string | string[]> {
  const joined: Record<string, string | string[]> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value === undefined) continue;
    if (name === 'set-cookie') joined[name] = Array.isArray(value) ? value : [value];
    else joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

function dataOf({ body, headers }: Reply, config: InternalAxiosRequestConfig, sent: CallRequest): unknown {
  if (config.responseType === 'blob' && body instanceof Uint8Array) {
    return new Blob([body as Uint8Array<ArrayBuffer>], { type: String(headers['content-type'] ?? '') });
  }
  if (config.responseType !== 'stream') return body;
  if (!(body instanceof Readable)) return Readable.from([body], { objectMode: false }); // an error is read whole
  if (body instanceof ReplyStream) {
    const { translate } = body;
    body.translate = (error) => axiosErrorOf(translate(error), config, sent) as Error;
  }
  return body;
}

/**
 * Settles a reply as axios does.
 *
 * @throws AxiosError where `validateStatus` does not agree; its cause is the reply's error, if the status is one
 */
export function settleReply(response: AxiosResponse, error: CallError | undefined): AxiosResponse {
  try {
    return settle(response);
  } catch (failure) {
    throw error && failure instanceof AxiosError ? because(error, failure) : failure;
  }
}

const timedOut = new Set(['deadline_exceeded', 'attempt_timeout']);

/**
 * A failed call as axios' users know it: axios' codes and messages, and the CallError as the cause. An error that is
 * none of ours, of an interceptor for example, stays as it is.
 */
export function axiosErrorOf(error: unknown, config: InternalAxiosRequestConfig, sent: CallRequest): unknown {
  const { body } = sent;
  const request = sentRequest(sent, error instanceof CallError ? error.endpoint : undefined);
  if (body instanceof StreamSource && body.abandoned.aborted) {
    return because(error, new CanceledError('Request stream has been aborted', config, request));
  }
  if (body instanceof StreamSource && body.failure) return AxiosError.from(body.failure, undefined, config, request);
  if (!(error instanceof CallError)) return error;
  // axios throws the reason of the cancel token.
  if (error.code === 'cancelled' && config.cancelToken?.reason) return config.cancelToken.reason;
  if (error.code === 'cancelled') return because(error, new CanceledError(undefined, config, request));
  if (timedOut.has(error.code)) return because(error, timeoutError(error, config, request));
  const { code, message, response } = adapterFailureOf(error, config);
  const head = response && headOf(response.status, response.headers as ResponseHeaders, config, request);
  return because(error, new AxiosError(message, code, config, request, head));
}

function because(cause: unknown, error: AxiosError): AxiosError {
  Object.defineProperty(error, 'cause', {
    __proto__: null,
    value: cause,
    writable: true,
    configurable: true,
  } as object);
  return error;
}

function timeoutError({ code }: CallError, config: InternalAxiosRequestConfig, request: unknown): AxiosError {
  const { timeoutErrorMessage, transitional } = config;
  const isOwn = code === 'deadline_exceeded' && timeoutMsOf(config) !== undefined;
  const message = timeoutErrorMessage || (isOwn ? `timeout of ${config.timeout}ms exceeded` : 'timeout exceeded');
  return new AxiosError(message, transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED', config, request);
}
