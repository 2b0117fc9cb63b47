import { CallError } from '@parley/contract';
import type { Clock } from '../clock.ts';
import type { Layer } from '../layer.ts';
import type { Reply } from '../reply.ts';
import { sleep } from '../time-limit.ts';
import { isSpent } from '../transport/body-source.ts';
import { type BackoffOptions, backoff } from './backoff.ts';
import type { RetryBudget } from './retry-budget.ts';

/** When a call is tried again. */
export interface RetryOptions extends BackoffOptions {
  /** Attempts of a call, the first one included. 1 turns retries off. */
  readonly maxAttempts: number;
}

/** What attempts of an upstream's calls share. */
export interface RetryShared {
  readonly budget: RetryBudget;
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * Hides a transient failure from the caller: tries again, elsewhere, after a backoff, and not before `Retry-After`.
 * Only what may be sent twice, or was provably never processed; only while the budget pays for it; never
 * beyond the deadline.
 */
export function retry(options: RetryOptions, { budget, clock, random }: RetryShared): Layer {
  return (next) =>
    async function retry(request) {
      const { maxAttempts } = options; // the same for the whole call: the test for the last one is for equality
      const isRepeatable = request.safety !== 'unsafe';
      budget.deposit();
      for (let attempt = 1; ; attempt++) {
        const mayRetry = isRepeatable && attempt < maxAttempts;
        let outcome: Reply | CallError;
        try {
          outcome = await next({ ...request, attempt, mayRetry });
        } catch (error) {
          if (!(error instanceof CallError)) throw error; // a bug, not a failure: nothing to gain by trying again
          outcome = error;
        }
        const failure = outcome instanceof CallError ? outcome : outcome.error;
        if (!failure?.isTransient || attempt === maxAttempts) return settle(outcome);
        if (!isRepeatable && !failure.isUnprocessed) return settle(outcome);
        if (isSpent(request.body)) return settle(outcome);

        // On top of Retry-After: callers that were told the same must not come back together.
        const waitMs = (failure.retryAfterMs ?? 0) + backoff(options, attempt, random());
        if (clock.now() + waitMs >= request.deadlineMs || !budget.withdraw()) return settle(outcome);
        await sleep(clock, waitMs, request.signal, request.label);
      }
    };
}

function settle(outcome: Reply | CallError): Reply {
  if (outcome instanceof CallError) throw outcome;
  return outcome;
}
