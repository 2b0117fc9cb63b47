import { CallError, headerNames } from '@parley/contract';
import type { Clock } from '../clock.ts';
import type { Layer } from '../layer.ts';
import { timeLimit } from '../time-limit.ts';

/** How long one attempt may take. */
export interface AttemptTimeoutOptions {
  /** From the choice of the endpoint to the last byte of the reply. */
  readonly attemptTimeoutMs: number;
}

/**
 * Gives up on one attempt, so that a retry elsewhere still has time left: after `attemptTimeoutMs`, or
 * half of what is left of the call where that is less and another attempt may follow. Tells the server
 * how long the answer is worth something.
 *
 * @throws CallError `attempt_timeout`; `deadline_exceeded` where the call had less time left than an attempt may take
 */
export function attemptTimeout(options: AttemptTimeoutOptions, address: string, clock: Clock): Layer {
  return (next) =>
    function attemptTimeout(request) {
      const { attemptTimeoutMs } = options;
      const { label, attempt, deadlineMs, mayRetry, signal } = request;
      const leftMs = deadlineMs - clock.now();
      const ms = Math.max(1, Math.min(attemptTimeoutMs, mayRetry ? leftMs / 2 : leftMs));
      // Both timers are then due at once: the code must not depend on which fires first. A timer's precision is 1 ms.
      const isDeadline = !mayRetry && leftMs < attemptTimeoutMs - 1;
      const onTimeout = () =>
        new CallError(
          isDeadline ? 'deadline_exceeded' : 'attempt_timeout',
          `attempt ${attempt} was not answered in ${Math.round(ms)} ms`,
          { operation: label, endpoint: address, attempts: attempt },
        );
      const headers = { ...request.headers, [headerNames.timeoutMs]: String(Math.ceil(ms)) };
      const limit = { clock, ms, signal, onTimeout, operation: label };
      return timeLimit(limit, (signal) => next({ ...request, headers, signal }));
    };
}
