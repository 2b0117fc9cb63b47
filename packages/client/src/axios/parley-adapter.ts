import { CallError, headerNames, ownMember, parseTraceparent } from '@parley/contract';
import { contextHeaders } from '../context/context-headers.ts';
import { inheritedContext } from '../context/inherited-context.ts';
import type { Call, CallRequest } from '../layer.ts';
import type { Clock } from '../time/clock.ts';
import { type RequestBody, StreamSource } from '../transport/body-source.ts';
import { safetyOf } from '../transport/method-safety.ts';
import type { Reply } from '../transport/reply.ts';
import { wireOptions } from '../transport/wire-options.ts';
import { type AxiosAdapter, AxiosHeaders, type InternalAxiosRequestConfig, userAgent } from './axios.ts';
import { boundStream, whenOver } from './bound-stream.ts';
import { axiosErrorOf, responseOf, settleReply } from './parley-response.ts';
import { expectNames } from './redirect.ts';
import { refuseUnsupported } from './refused-options.ts';
import { asPlainBody, basicAuth, requestBody } from './request-body.ts';
import { requestPath, urlCredentials } from './request-path.ts';
import { markRetried, type NamedUpstream, warnOfRetries } from './sent-again.ts';
import { timeoutMsOf } from './timeout-option.ts';

/** What the adapter needs of an upstream. */
export interface AdapterUpstream extends NamedUpstream {
  readonly basePath: string;
  readonly options: { readonly clock: Clock; readonly callTimeoutMs: number };
  send(request: CallRequest): Promise<Reply>;
}

/**
 * The whole pipeline as a plain axios adapter, for a code base that has axios calls already:
 * `axios.create({ adapter: parleyAdapter(upstream) })`. Methods are retried as RFC 9110 §9.2.2 allows:
 * GET, HEAD, OPTIONS, PUT and DELETE, and anything with an `Idempotency-Key`, unless the body is a stream.
 * `timeout` bounds the whole call, a streamed reply to its end; `signal` ends it. The path of `baseURL`
 * counts, its host does not: the upstream knows the endpoints, and puts its base path before. Redirects are followed as axios follows them, 21 if
 * `maxRedirects` does not say otherwise, but within the endpoint only. A call that failed after retries and is sent again by
 * code above (axios-retry, an interceptor) causes a warning, once per upstream.
 *
 * @throws AxiosError as axios does; its `cause` is the CallError. `ERR_NOT_SUPPORT` names an option that
 *   this adapter doesn't have
 */
export function parleyAdapter(upstream: AdapterUpstream): AxiosAdapter {
  return async function parleyAdapter(config) {
    refuseUnsupported(config);
    if (config.maxRedirects !== 0) expectNames(config);
    const headers = requestHeaders(config);
    const { data } = config;
    // Text and bytes need no wait.
    const body =
      data === undefined || data === null ? undefined : (asPlainBody(data) ?? (await requestBody(data, headers)));
    const cancelled = config.cancelToken && cancelSignal(config.cancelToken);
    const abandoned = body instanceof StreamSource ? body.abandoned : undefined;
    const request = toRequest(config, headers, body, signalOf(config, cancelled?.signal, abandoned));
    warnOfRetries(config, request.label, upstream);
    const sent = { ...request, path: upstream.basePath + request.path };
    const { clock, callTimeoutMs } = upstream.options;
    const endsAtMs = clock.now() + (request.timeoutMs ?? callTimeoutMs);
    // As it came, and not `data`: a stream made of an error that was read whole has nothing left to wait for.
    let received: Reply['body'] | undefined;
    cancelled?.begin(); // last: what is refused above leaves no listener
    try {
      const reply = await upstream.send(request);
      if (reply.error) markRetried(config, reply.error);
      const response = responseOf(reply, config, sent);
      received = reply.body;
      if (request.replyAs === 'stream') {
        const deadlineMs = Math.min(endsAtMs, request.context?.deadlineMs ?? endsAtMs);
        boundStream(received, { clock, deadlineMs, operation: request.label });
      }
      return settleReply(response, reply.error);
    } catch (error) {
      if (error instanceof CallError) markRetried(config, error);
      throw axiosErrorOf(error, config, sent);
    } finally {
      if (cancelled) whenOver(received, cancelled.end);
    }
  };
}

/** As many redirects as axios follows unasked. */
const standardRedirects = 21;

function requestHeaders(config: InternalAxiosRequestConfig): AxiosHeaders {
  const headers = AxiosHeaders.from(config.headers);
  headers.set('user-agent', userAgent, false);
  const auth = config.auth ?? urlCredentials(config);
  if (auth) headers.set('authorization', basicAuth(auth));
  return headers;
}

function toRequest(
  config: InternalAxiosRequestConfig,
  axiosHeaders: AxiosHeaders,
  body: RequestBody | undefined,
  signal: AbortSignal | undefined,
): CallRequest {
  const method = (config.method ?? 'get').toUpperCase();
  const path = requestPath(config);
  const headers = lowerCased(axiosHeaders);
  const trace = parseTraceparent(
    ownMember(headers, headerNames.traceparent),
    ownMember(headers, headerNames.tracestate),
  );
  const context = inheritedContext(
    signal || trace ? { ...(signal && { signal }), ...(trace && { trace }) } : undefined,
  );
  return {
    label: `${method} ${path.split('?', 1)[0]}`,
    method,
    path,
    headers: { ...contextHeaders(context), ...headers },
    body,
    replyAs: replyAs(config.responseType),
    wire: { maxRedirects: standardRedirects, ...wireOptions(config) },
    safety: body instanceof StreamSource ? 'unsafe' : safetyOf(method, headers),
    context,
    timeoutMs: timeoutMsOf(config),
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
  const { signal } = controller;
  return { signal, begin: () => token.subscribe(cancel), end: () => token.unsubscribe(cancel) };
}

function signalOf(
  { signal }: InternalAxiosRequestConfig,
  cancelled: AbortSignal | undefined,
  abandoned: AbortSignal | undefined,
): AbortSignal | undefined {
  const signals = [signal as AbortSignal | undefined, cancelled, abandoned].filter((one) => one !== undefined);
  return signals.length > 1 ? AbortSignal.any(signals) : signals[0];
}
