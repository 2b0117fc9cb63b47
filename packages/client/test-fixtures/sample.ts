import {
  AttemptsLeft,
  CallError,
  type CallErrorDetails,
  type ErrorCode,
  problemMediaType,
  problemOf,
} from '@parley/contract';
import { type Attempt, type Call, type CallRequest, TriedEndpoints, type Try } from '../src/layer.ts';
import type { Current } from '../src/options/current-options.ts';
import { StoryRecorder } from '../src/story/story-recorder.ts';
import type { CancelSignal } from '../src/time/cancel-signal.ts';
import { Reply, type ReplyHeaders } from '../src/transport/reply.ts';

/** Options that hold as they are, for parts that read the current ones. */
export function holding<Options>(current: Options): Current<Options> {
  return { current };
}

const get = {
  label: 'GET /api/things/{id}',
  method: 'GET',
  path: '/api/things/7',
  headers: {},
  safety: 'safe',
} as const;
const post = { label: 'POST /api/things', method: 'POST', path: '/api/things', headers: {}, safety: 'unsafe' } as const;

/** What a caller asks of an upstream. */
export function someRequest(overrides: Partial<CallRequest> = {}): CallRequest {
  return { ...get, ...overrides };
}

/** The same of a request that must not be sent twice. */
export function somePost(overrides: Partial<CallRequest> = {}): CallRequest {
  return { ...post, ...overrides };
}

/** A call without a deadline, as call layers see it. */
export function someCall(overrides: Partial<Call> = {}): Call {
  const context = overrides.context ?? {};
  return {
    ...get,
    body: undefined,
    replyAs: 'text',
    wire: undefined,
    context,
    maxAttempts: undefined,
    hedge: undefined,
    attemptTimeoutMs: undefined,
    deadlineMs: Number.POSITIVE_INFINITY,
    signal: context.signal,
    tried: new TriedEndpoints(),
    story: new StoryRecorder(),
    spanId: undefined,
    ...overrides,
  };
}

/** A call that must not be sent twice. */
export function somePostCall(overrides: Partial<Call> = {}): Call {
  return someCall({ ...post, ...overrides });
}

/** The first attempt of a call, before it has an endpoint. */
export function someTry(overrides: Partial<Try> = {}, ofCall: Partial<Call> = {}): Try {
  const call = overrides.call ?? someCall(ofCall);
  const flags = { mayRetry: false, wasRefused: false, isHedge: false };
  return { call, number: 1, attemptsLeft: new AttemptsLeft(2), signal: call.signal, ...flags, ...overrides };
}

/** The first attempt of a call, at the endpoint `http://a`. */
export function someAttempt(overrides: Partial<Attempt> = {}, ofCall: Partial<Call> = {}): Attempt {
  const one = someTry(overrides, ofCall);
  return { ...one, endpoint: 'http://a', isPanic: false, headers: one.call.headers, ...overrides };
}

export function someReply(status = 200, headers: ReplyHeaders = {}, body = '{}'): Reply {
  return new Reply(status, headers, body, { operation: 'GET /api/things/{id}', endpoint: 'http://a', attempts: 1 });
}

/** A reply that tells of an error, as a Parley service gives it. */
export function problemReply(code: ErrorCode, headers: ReplyHeaders = {}): Reply {
  const problem = problemOf(new CallError(code, 'told by the server'), undefined, undefined);
  return someReply(problem.status, { 'content-type': problemMediaType, ...headers }, JSON.stringify(problem));
}

export function someError(code: ErrorCode = 'unavailable', details: CallErrorDetails = {}): CallError {
  return new CallError(code, 'thrown below', { operation: 'GET /api/things/{id}', ...details });
}

/** How a script answers one request: a call, a try or an attempt. */
export type Step<Request = Attempt> = Reply | CallError | ((request: Request) => Promise<Reply>);

/** A script, and what it was asked. */
export type Scripted<Request> = ((request: Request) => Promise<Reply>) & { readonly requests: Request[] };

/** Answers each request with the next step, the last one again and again, and keeps what it got. */
export function scripted<Request = Attempt>(...steps: readonly Step<Request>[]): Scripted<Request> {
  const requests: Request[] = [];
  const send = async (request: Request) => {
    const step = steps[Math.min(requests.length, steps.length - 1)];
    requests.push(request);
    if (step instanceof CallError) throw step;
    return step instanceof Reply || !step ? (step ?? someReply()) : step(request);
  };
  return Object.assign(send, { requests });
}

/** Never answers, and ignores its signal. */
export const hanging = (): Promise<Reply> => new Promise(() => {});

/** Rejects with the signal's reason when that fires, as the transport does. */
export const hangingUntilAborted = ({ signal }: { readonly signal: CancelSignal | undefined }): Promise<Reply> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason));
  });

/** What a promise was rejected with; fails where it was not. */
export async function rejection(promise: Promise<unknown>): Promise<CallError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof CallError) return error;
    throw error;
  }
  throw new Error('expected a rejection');
}
