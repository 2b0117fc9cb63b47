import { CallError } from '@parley/contract';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { CancelSignal } from '../time/cancel-signal.ts';
import type { Clock } from '../time/clock.ts';
import { timeLimit } from '../time/time-limit.ts';
import { attemptHeaders, type HeadedAttempt, serverTimeMs } from './attempt-headers.ts';

/** How long one attempt may take. */
export type AttemptTimeoutOptions = Pick<UpstreamOptions, 'attemptTimeoutMs'>;

/** An attempt, as far as its time is concerned. */
export interface TimedAttempt extends HeadedAttempt {
  readonly call: HeadedAttempt['call'] & {
    readonly label: string;
    /** The most time of an attempt that another may follow, in ms. None: `attemptTimeoutMs` of the options. */
    readonly attemptTimeoutMs: number | undefined;
    /** The call ends at this time, in ms since 1970. */
    readonly deadlineMs: number;
  };
  /** 1 for the first attempt of a call. */
  readonly number: number;
  readonly endpoint: string;
  /** Another attempt may follow this one. */
  readonly mayRetry: boolean;
  readonly signal: CancelSignal | undefined;
}

/** What an attempt brings back. */
export interface TimedReply {
  readonly status: number;
  readonly error: CallError | undefined;
}

/** Shorter attempts do not blame the endpoint. A quarter: a service halves the time that its own caller has halved. */
const fairShare = 0.25;

/**
 * The last attempt ends so long before the deadline, in ms: otherwise that would end it, and its endpoint would not be blamed. Node cuts the start
 * and the length of a timer to whole milliseconds, so that with 1 both could be due at the same time.
 */
const beforeDeadlineMs = 2;

/**
 * Ends an attempt that takes too long, so that a retry elsewhere has time left: after `attemptTimeoutMs`, the call's own or that of
 * the options, or after half of the call's time where that is less. An attempt that no other may follow has all of that time.
 * Sends the server its time; a server that gives up in that time counts as a server that does not reply. The failure counts
 * against the endpoint if it had at least a quarter of the options' `attemptTimeoutMs`: with less time the caller is the cause.
 *
 * @throws CallError `attempt_timeout`; `deadline_exceeded` where no other attempt may follow
 */
export function attemptTimeout(
  options: Current<AttemptTimeoutOptions>,
  clock: Clock,
): <A extends TimedAttempt, R extends TimedReply>(next: (attempt: A) => Promise<R>) => (attempt: A) => Promise<R> {
  return (next) =>
    function attemptTimeout(attempt) {
      const usualMs = options.current.attemptTimeoutMs;
      const { call, number, endpoint, mayRetry, signal } = attempt;
      const { attemptTimeoutMs = usualMs } = call;
      const startedAtMs = clock.now();
      const leftMs = call.deadlineMs - startedAtMs;
      const ms = Math.max(1, mayRetry ? Math.min(attemptTimeoutMs, leftMs / 2) : leftMs - beforeDeadlineMs);
      const onTimeout = () => {
        const code = mayRetry ? 'attempt_timeout' : 'deadline_exceeded';
        const detail = `attempt ${number} was not answered in ${Math.round(ms)} of ${Math.round(leftMs)} ms`;
        const blamesEndpoint = ms >= usualMs * fairShare;
        return new CallError(code, detail, { operation: call.label, endpoint, attempts: number, blamesEndpoint });
      };
      const judged = <R extends TimedReply>(reply: R) => {
        if (!gaveUp(reply) || clock.now() - startedAtMs < serverTimeMs(ms) - 1) return reply;
        throw onTimeout();
      };
      const headers = attemptHeaders(attempt, ms);
      const limit = { clock, ms, signal, onTimeout, operation: call.label };
      return timeLimit(limit, (signal) => next({ ...attempt, headers, signal }).then(judged));
    };
}

function gaveUp(reply: TimedReply): boolean {
  return reply.status === 504 && reply.error?.code === 'deadline_exceeded';
}
