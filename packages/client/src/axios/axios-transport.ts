import { CallError } from '@parley/contract';
import type { Attempt, SendAttempt } from '../layer.ts';
import { toAbortSignal } from '../time/cancel-signal.ts';
import { BodySourceError } from '../transport/body-source.ts';
import { Reply, type ReplyHeaders, type ReplyOrigin } from '../transport/reply.ts';
import { ReplyStream } from '../transport/reply-stream.ts';
import { rememberFailure } from './adapter-failure.ts';
import type { AttemptConfig } from './attempt-config.ts';
import {
  type Axios,
  type AxiosAdapter,
  AxiosError,
  type AxiosResponse,
  hasInterceptors,
  toAxiosHeaders,
} from './axios.ts';
import { toCallError } from './call-failure.ts';

/**
 * Sends a request through axios, its interceptors and then the adapter, and turns what comes back into ours.
 * Without interceptors it hands the adapter at once the config that an axios without defaults would make: axios itself
 * would change nothing, and costs more than all the layers together.
 */
export function axiosTransport(axios: Axios, adapter: AxiosAdapter): SendAttempt {
  return async function axiosTransport(attempt) {
    try {
      const response: AxiosResponse<Reply['body']> = await (hasInterceptors(axios)
        ? axios.request(toConfig(attempt, adapter))
        : adapter(toInternalConfig(attempt, adapter)));
      if (attempt.call.replyAs === 'stream') translate(response.data, attempt);
      return replyOf(response, attempt);
    } catch (error) {
      if (attempt.signal?.reason instanceof CallError) throw attempt.signal.reason;
      // An interceptor's own axios call may have failed: the endpoint is not at fault.
      if (!(error instanceof AxiosError) || error.config?.adapter !== adapter) throw error;
      if (error.cause instanceof BodySourceError) throw error.cause.cause; // the caller's own error
      // An interceptor has set validateStatus: the layers judge the reply all the same.
      // A reply without data was cut, or could not be read.
      if (error.response?.data !== undefined) return replyOf(error.response as AxiosResponse<Reply['body']>, attempt);
      throw failureOf(error, attempt);
    }
  };
}

function failureOf(error: AxiosError, attempt: Attempt): CallError {
  return rememberFailure(toCallError(error, attempt), error);
}

function replyOf({ status, headers, data, request }: AxiosResponse<Reply['body']>, attempt: Attempt): Reply {
  const { call, endpoint, number } = attempt;
  const origin: ReplyOrigin = { operation: call.label, endpoint, attempts: number, redirected: request };
  return new Reply(status, headers as ReplyHeaders, data, origin);
}

const responseTypes = { text: 'text', bytes: 'arraybuffer', stream: 'stream' } as const;

function toConfig({ call, headers, signal }: Attempt, adapter: AxiosAdapter) {
  return {
    adapter,
    method: call.method,
    url: call.path,
    // false: axios would call a body that isn't there a form.
    headers: { 'content-type': false, ...headers },
    data: call.body,
    isIdempotent: call.safety !== 'unsafe',
    responseType: responseTypes[call.replyAs],
    ...(signal && { signal: toAbortSignal(signal) }),
    ...(call.wire as object | undefined),
  };
}

/** What `axios.request` makes of {@link toConfig}. */
function toInternalConfig(attempt: Attempt, adapter: AxiosAdapter): AttemptConfig {
  const config = new PlainConfig(attempt, adapter);
  const { wire } = attempt.call;
  return (wire ? Object.assign(config, wire) : config) as AttemptConfig;
}

/** Inherits nothing: an adapter asks for many options, and an inherited one is not of this call. */
class PlainConfig {
  readonly adapter: AxiosAdapter;
  readonly method: string;
  readonly url: string;
  readonly headers: AttemptConfig['headers'];
  readonly data: unknown;
  readonly isIdempotent: boolean;
  readonly responseType: AttemptConfig['responseType'];
  readonly validateStatus = null;
  readonly allowAbsoluteUrls = false;
  readonly signal: Attempt['signal'];

  constructor({ call, headers, signal }: Attempt, adapter: AxiosAdapter) {
    this.adapter = adapter;
    this.method = call.method;
    this.url = call.path;
    this.headers = toAxiosHeaders(headers);
    this.data = call.body;
    this.isIdempotent = call.safety !== 'unsafe';
    this.responseType = responseTypes[call.replyAs];
    this.signal = signal;
  }
}
Object.setPrototypeOf(PlainConfig.prototype, null);

/** Lets a stream fail as the call itself would. */
function translate(body: unknown, attempt: Attempt): void {
  if (!(body instanceof ReplyStream)) return;
  body.translate = (error) => (error instanceof AxiosError ? failureOf(error, attempt) : error);
}
