import { CallError } from '@parley/contract';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { CancelSignal } from '../time/cancel-signal.ts';
import type { Clock } from '../time/clock.ts';
import { timeLimit } from '../time/time-limit.ts';

/** How long a call may take. */
export type DeadlineOptions = Pick<UpstreamOptions, 'callTimeoutMs'>;

/** A call, as far as its deadline is concerned. */
export interface BoundedCall {
  readonly label: string;
  /** The call ends at this time, in ms since 1970. */
  readonly deadlineMs: number;
  readonly signal: CancelSignal | undefined;
}

/**
 * Protects the caller from waiting longer than its result is worth: one point in time that bounds every
 * attempt and every wait together. It is the earliest of the caller's own deadline (that of the request
 * it serves), the call's `timeoutMs`, and `callTimeoutMs`. A call whose time is up is never sent.
 */
export function deadline(
  clock: Clock,
): <C extends BoundedCall, R>(next: (call: C) => Promise<R>) => (call: C) => Promise<R> {
  return (next) =>
    function deadline(call) {
      const { label } = call;
      const ms = call.deadlineMs - clock.now();
      if (!(ms > 0)) {
        const details = { operation: label, isUnprocessed: true };
        return Promise.reject(new CallError('deadline_exceeded', 'not sent: the time was up before', details));
      }
      const onTimeout = () =>
        new CallError('deadline_exceeded', `not answered in ${Math.round(ms)} ms`, { operation: label });
      const limit = { clock, ms, signal: call.signal, onTimeout, operation: label };
      return timeLimit(limit, (signal) => next({ ...call, signal }));
    };
}
