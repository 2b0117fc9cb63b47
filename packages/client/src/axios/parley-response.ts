import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { CallError } from '@parley/contract';
import type { Reply } from '../transport/reply.ts';
import { ReplyStream } from '../transport/reply-stream.ts';
import {
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
} from './axios.ts';

/** A reply as axios' users know it. */
export function responseOf(reply: Reply, config: InternalAxiosRequestConfig): AxiosResponse {
  const { status } = reply;
  const headers = AxiosHeaders.from(headersOf(reply));
  return { data: dataOf(reply, config), status, statusText: STATUS_CODES[status] ?? '', headers, config };
}

// As Node joins them, and axios with it: cookies are always a list, all else is one line.
function headersOf({ headers }: Reply): Record<string, string | string[]> {
  const joined: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    if (name === 'set-cookie') joined[name] = Array.isArray(value) ? value : [value];
    else joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

function dataOf({ body, headers }: Reply, config: InternalAxiosRequestConfig): unknown {
  if (config.responseType === 'blob' && body instanceof Uint8Array) {
    return new Blob([body as Uint8Array<ArrayBuffer>], { type: String(headers['content-type'] ?? '') });
  }
  if (config.responseType !== 'stream') return body;
  if (!(body instanceof Readable)) return Readable.from([body], { objectMode: false }); // an error is read whole
  if (body instanceof ReplyStream) {
    const { translate } = body;
    body.translate = (error) => axiosErrorOf(translate(error), config) as Error;
  }
  return body;
}

const timedOut = new Set(['deadline_exceeded', 'attempt_timeout']);

/** A CallError as axios' users know it: its codes, and the CallError as the cause. Any other error stays as it is. */
export function axiosErrorOf(error: unknown, config: InternalAxiosRequestConfig): unknown {
  if (!(error instanceof CallError)) return error;
  // axios throws the reason of the cancel token.
  if (error.code === 'cancelled' && config.cancelToken?.reason) return config.cancelToken.reason;
  const failure =
    error.code === 'cancelled'
      ? new CanceledError<unknown>(undefined, config)
      : new AxiosError(messageOf(error, config), codeOf(error, config), config);
  failure.cause = error;
  return failure;
}

function messageOf(error: CallError, { timeoutErrorMessage }: InternalAxiosRequestConfig): string {
  return (timedOut.has(error.code) && timeoutErrorMessage) || error.message;
}

function codeOf({ code, cause }: CallError, { transitional }: InternalAxiosRequestConfig): string {
  if (timedOut.has(code)) return transitional?.clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED;
  if (code === 'invalid_input') return AxiosError.ERR_BAD_REQUEST;
  if (code !== 'invalid_reply') return AxiosError.ERR_NETWORK;
  const known = (cause as NodeJS.ErrnoException | undefined)?.code;
  return known?.startsWith('ERR_FR_') ? known : AxiosError.ERR_BAD_RESPONSE;
}
