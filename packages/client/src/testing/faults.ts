import { CallError, type ErrorCode, headerNames, problemMediaType, problemOf } from '@parley/contract';
import { ConnectError } from '../transport/connect-error.ts';
import type { InMemoryReply } from './in-memory-message.ts';

/** One attempt at a replica, as a fault sees it. */
export interface FaultyAttempt {
  /** Lets the handler run. */
  answer(): Promise<InMemoryReply>;
  /** By the upstream's clock. Ends early, with a rejection, when the attempt is given up. */
  wait(ms: number): Promise<void>;
}

/** What happens to one attempt: a reply, or an error as a socket gives it. */
export type Fault = (attempt: FaultyAttempt) => Promise<InMemoryReply>;

/** What happens to one attempt after the other. The handler answers the attempts after the last one. */
export type Faults = Iterable<Fault>;

/** Members of an error reply beside its status. */
export interface StatusOptions {
  /** `Retry-After`; travels in whole seconds, rounded up. */
  readonly retryAfterMs?: number;
}

/** The handler answers. */
export const ok = (): Faults => [(attempt) => attempt.answer()];

/** The handler answers after `ms`. */
export const slow = (ms: number): Faults => [
  async ({ wait, answer }) => {
    await wait(ms);
    return answer();
  },
];

/** Answered with a status, without the handler: as by a proxy that knows no codes. */
export const status = (status: number, options: StatusOptions = {}): Faults => [
  async () => errorReply({ status, title: 'Injected fault', detail: `injected status ${status}` }, options),
];

/** Answered with an error of the common table, without the handler. */
export const problem = (code: ErrorCode, options: StatusOptions = {}): Faults => [
  async () => errorReply(problemOf(new CallError(code, `injected problem ${code}`), undefined, undefined), options),
];

/** Status 503 for this number of attempts in a row. */
export const failing = (attempts: number): Faults => times(attempts, status(503));

/** No connection comes about: nothing is sent, so that any operation may be sent again. */
export const refused = (): Faults => [() => Promise.reject(new ConnectError('ECONNREFUSED'))];

/** The connection breaks before the handler has run. The caller cannot know that it hasn't. */
export const reset = (): Faults => [() => Promise.reject(connectionReset())];

/** The handler runs, and then the connection breaks: its effect stays, and the caller gets no reply. */
export const lost = (): Faults => [
  async ({ answer }) => {
    await answer();
    throw connectionReset();
  },
];

/** Never answered. */
export const hang = (): Faults => [() => new Promise(() => {})];

/** One after the other: `faults(failing(2), slow(300), ok(), refused())`. */
export function faults(...parts: readonly Faults[]): Faults {
  return {
    *[Symbol.iterator]() {
      for (const part of parts) yield* part;
    },
  };
}

/** The same, `count` times. */
export function times(count: number, part: Faults): Faults {
  return faults(...Array.from({ length: count }, () => part));
}

/** The same again and again: `always(refused())` is a replica that is down. */
export function always(part: Faults): Faults {
  return {
    *[Symbol.iterator]() {
      for (;;) yield* part;
    },
  };
}

function errorReply(
  problem: { readonly status: number; readonly [member: string]: unknown },
  { retryAfterMs }: StatusOptions,
): InMemoryReply {
  const headers = {
    'content-type': problemMediaType,
    ...(retryAfterMs !== undefined && { [headerNames.retryAfter]: String(Math.ceil(retryAfterMs / 1000)) }),
  };
  return { status: problem.status, headers, body: JSON.stringify(problem) };
}

function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}
