import { CallError, type CallErrorDetails, type ErrorCode, problemMediaType, problemOf } from '@parley/contract';
import { newRequest, type Request, type Send } from '../src/layer.ts';
import { Reply, type ReplyHeaders } from '../src/transport/reply.ts';

/** A request as a client makes it. */
export function someRequest(overrides: Partial<Request> = {}): Request {
  const label = 'GET /api/things/{id}';
  return { ...newRequest({ label, method: 'GET', path: '/api/things/7', headers: {}, safety: 'safe' }), ...overrides };
}

/** A request that must not be sent twice. */
export function somePost(overrides: Partial<Request> = {}): Request {
  return someRequest({
    label: 'POST /api/things',
    method: 'POST',
    path: '/api/things',
    safety: 'unsafe',
    ...overrides,
  });
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

/** What a scripted way of answering does with one request. */
export type Step = Reply | CallError | ((request: Request) => Promise<Reply>);

/** Answers each request with the next step, the last one again and again, and keeps what it got. */
export function scripted(...steps: readonly Step[]): Send & { readonly requests: Request[] } {
  const requests: Request[] = [];
  const send: Send = async (request) => {
    const step = steps[Math.min(requests.length, steps.length - 1)];
    requests.push(request);
    if (step instanceof CallError) throw step;
    return step instanceof Reply || !step ? (step ?? someReply()) : step(request);
  };
  return Object.assign(send, { requests });
}

/** Never answers, and ignores its signal. */
export const hanging: Send = () => new Promise(() => {});

/** Rejects with the signal's reason when that fires, as the transport does. */
export const hangingUntilAborted: Send = ({ signal }) =>
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
