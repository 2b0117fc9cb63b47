import { headerNames, type Safety } from '@parley/contract';
import { contextHeaders } from '../context/context-headers.ts';
import { inheritedContext } from '../context/inherited-context.ts';
import type { Call, CallRequest } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import { type RequestBody, StreamSource } from '../transport/body-source.ts';
import type { Reply } from '../transport/reply.ts';
import { wireOptions } from '../transport/wire-options.ts';
import {
  type AxiosAdapter,
  AxiosHeaders,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
  settle,
} from './axios.ts';
import { boundStream, whenOver } from './bound-stream.ts';
import { axiosErrorOf, responseOf } from './parley-response.ts';
import { refuseUnsupported } from './refused-options.ts';
import { asPlainBody, basicAuth, requestBody } from './request-body.ts';
import { requestPath } from './request-path.ts';

/** What the adapter needs of an upstream. */
export interface AdapterUpstream {
  readonly options: { readonly clock: Clock; readonly callTimeoutMs: number };
  send(request: CallRequest): Promise<Reply>;
}

/**
 * The whole pipeline as a plain axios adapter, for a code base that has axios calls already:
 * `axios.create({ adapter: parleyAdapter(upstream) })`. Methods are retried as RFC 9110 §9.2.2 allows:
 * GET, HEAD, OPTIONS, PUT and DELETE, and anything with an `Idempotency-Key`, unless the body is a stream.
 * `timeout` bounds the whole call, a streamed reply to its end; `signal` ends it. The path of `baseURL`
 * counts, its host does not: the upstream knows the endpoints. A redirect is followed when `maxRedirects`
 * asks for it, and within the endpoint only.
 *
 * @throws AxiosError as axios does; its `cause` is the CallError. `ERR_NOT_SUPPORT` names an option that
 *   this adapter doesn't have
 */
export function parleyAdapter(upstream: AdapterUpstream): AxiosAdapter {
  return async function parleyAdapter(config) {
    refuseUnsupported(config);
    const headers = AxiosHeaders.from(config.headers);
    if (config.auth) headers.set('authorization', basicAuth(config.auth));
    const { data } = config;
    // Text and bytes need no wait.
    const body =
      data === undefined || data === null ? undefined : (asPlainBody(data) ?? (await requestBody(data, headers)));
    const cancelled = config.cancelToken && cancelSignal(config.cancelToken);
    const request = toRequest(config, headers, body, signalOf(config, cancelled?.signal));
    const { clock, callTimeoutMs } = upstream.options;
    const endsAtMs = clock.now() + (request.timeoutMs ?? callTimeoutMs);
    let response: AxiosResponse | undefined;
    try {
      response = responseOf(await upstream.send(request), config);
      if (request.replyAs === 'stream') {
        const deadlineMs = Math.min(endsAtMs, request.context?.deadlineMs ?? endsAtMs);
        boundStream(response.data, { clock, deadlineMs, operation: request.label });
      }
      return settle(response);
    } catch (error) {
      throw axiosErrorOf(error, config);
    } finally {
      if (cancelled) whenOver(response?.data, cancelled.end);
      // A body that was not read by then stays unread: discard it, or the file behind it stays open.
      if (body instanceof StreamSource) whenOver(response?.data, () => body.discard());
    }
  };
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
const idempotentMethods = new Set(['PUT', 'DELETE']);

function safetyOf(method: string, headers: Record<string, string>): Safety {
  if (safeMethods.has(method)) return 'safe';
  if (idempotentMethods.has(method)) return 'idempotent';
  // A service refuses an empty key, and another server may take it for none.
  return headers[headerNames.idempotencyKey]?.trim() ? 'keyed' : 'unsafe';
}

function toRequest(
  config: InternalAxiosRequestConfig,
  axiosHeaders: AxiosHeaders,
  body: RequestBody | undefined,
  signal: AbortSignal | undefined,
): CallRequest {
  const method = (config.method ?? 'get').toUpperCase();
  const path = requestPath(config);
  const context = inheritedContext(signal && { signal });
  const headers = lowerCased(axiosHeaders);
  return {
    label: `${method} ${path.split('?', 1)[0]}`,
    method,
    path,
    headers: { ...contextHeaders(context), ...headers },
    body,
    replyAs: replyAs(config.responseType),
    wire: wireOptions(config),
    safety: body instanceof StreamSource ? 'unsafe' : safetyOf(method, headers),
    context,
    timeoutMs: config.timeout || undefined,
  };
}

function replyAs(responseType: InternalAxiosRequestConfig['responseType']): Call['replyAs'] {
  if (responseType === 'stream') return 'stream';
  return responseType === 'arraybuffer' || responseType === 'blob' ? 'bytes' : 'text';
}

function lowerCased(headers: AxiosHeaders): Record<string, string> {
  const entries = Object.entries(headers.toJSON() as Record<string, unknown>);
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function cancelSignal(token: NonNullable<InternalAxiosRequestConfig['cancelToken']>) {
  const controller = new AbortController();
  const cancel = () => controller.abort();
  token.subscribe(cancel);
  return { signal: controller.signal, end: () => token.unsubscribe(cancel) };
}

function signalOf({ signal }: InternalAxiosRequestConfig, cancelled: AbortSignal | undefined): AbortSignal | undefined {
  if (!signal || !cancelled) return cancelled ?? (signal as AbortSignal | undefined);
  return AbortSignal.any([signal as AbortSignal, cancelled]);
}
