import { CallError } from '@parley/contract';
import { contextHeaders } from './context-headers.ts';
import { inheritedContext } from './inherited-context.ts';
import type { Request } from './layer.ts';
import {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
  pathOf,
  settle,
} from './transport/axios.ts';
import { notSupported, refuseUnsupported } from './unsupported-options.ts';
import type { Upstream } from './upstream.ts';

/**
 * The whole pipeline as a plain axios adapter, for a code base that has axios calls already:
 * `axios.create({ adapter: parleyAdapter(upstream) })`. Methods are retried as RFC 9110 §9.2.2 allows:
 * GET, HEAD, OPTIONS, PUT and DELETE, and anything with an `Idempotency-Key`. `timeout` bounds the whole
 * call; `signal` ends it. The path of `baseURL` counts, its host does not: the upstream knows the endpoints.
 *
 * @throws AxiosError as axios does; its `cause` is the CallError. `ERR_NOT_SUPPORT` names an option that
 *   this adapter doesn't have
 */
export function parleyAdapter(upstream: Upstream): AxiosAdapter {
  return async function parleyAdapter(config) {
    refuseUnsupported(config);
    const request = toRequest(config);
    try {
      const reply = await upstream.send(request);
      return settle({
        data: reply.body,
        status: reply.status,
        statusText: '',
        headers: AxiosHeaders.from(reply.headers as Record<string, string>),
        config,
      } satisfies AxiosResponse);
    } catch (error) {
      throw error instanceof CallError ? toAxiosError(error, config) : error;
    }
  };
}

const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

function toRequest(config: InternalAxiosRequestConfig): Request {
  const method = (config.method ?? 'get').toUpperCase();
  const path = pathWithin(config);
  const context = inheritedContext(config.signal && { signal: config.signal as AbortSignal });
  const headers = lowerCased(config.headers);
  return {
    label: `${method} ${path.split('?', 1)[0]}`,
    method,
    path,
    headers: { ...contextHeaders(context), ...headers },
    body: bodyOf(config),
    replyAs: config.responseType === 'arraybuffer' ? 'bytes' : 'text',
    isIdempotent: idempotentMethods.has(method) || 'idempotency-key' in headers,
    context,
    timeoutMs: config.timeout || undefined,
    deadlineMs: Number.POSITIVE_INFINITY,
    signal: undefined,
    attempt: 1,
    mayRetry: false,
    tried: [],
  };
}

function pathWithin(config: InternalAxiosRequestConfig): string {
  if (/^([a-z][a-z\d+.-]*:)?\/\//i.test(config.url ?? '')) {
    throw notSupported(config, `an absolute URL would leave the upstream: give a path, not ${config.url}`);
  }
  const url = new URL(pathOf(config), 'http://upstream');
  return url.pathname + url.search;
}

function lowerCased(headers: InternalAxiosRequestConfig['headers']): Record<string, string> {
  const entries = Object.entries(headers.toJSON() as Record<string, unknown>);
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function bodyOf(config: InternalAxiosRequestConfig): string | Uint8Array | undefined {
  const { data } = config;
  if (data === undefined || data === null) return undefined;
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw notSupported(config, 'expected a body of JSON, text or bytes: streams and forms are not supported');
}

const timedOut = new Set(['deadline_exceeded', 'attempt_timeout']);

function toAxiosError(error: CallError, config: InternalAxiosRequestConfig): AxiosError {
  const message = (timedOut.has(error.code) && config.timeoutErrorMessage) || error.message;
  const isCancelled = error.code === 'cancelled';
  const failure = isCancelled
    ? new CanceledError<unknown>(message, config)
    : new AxiosError(message, axiosCode(error.code, config), config);
  failure.cause = error;
  return failure;
}

function axiosCode(code: string, { transitional }: InternalAxiosRequestConfig): string {
  if (timedOut.has(code)) return transitional?.clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED;
  if (code === 'invalid_reply') return AxiosError.ERR_BAD_RESPONSE;
  if (code === 'invalid_input') return AxiosError.ERR_BAD_REQUEST;
  return AxiosError.ERR_NETWORK;
}
