import { AttemptsLeft, CallError, headerNames, parseAttemptsLeft } from '@parley/contract';
import type { Clock } from '../clock.ts';
import type { Layer } from '../layer.ts';
import type { Reply } from '../reply.ts';
import { sleep } from '../time-limit.ts';
import { isSpent } from '../transport/body-source.ts';
import { type BackoffOptions, backoff } from './backoff.ts';
import type { PoisonRequests } from './poison-requests.ts';
import type { RetryBudget } from './retry-budget.ts';

/** When a call is tried again. */
export interface RetryOptions extends BackoffOptions {
  /** Attempts of a call, the first one included. 1 turns retries off, further down on its behalf too. */
  readonly maxAttempts: number;
}

/** What attempts of an upstream's calls share. */
export interface RetryShared {
  readonly budget: RetryBudget;
  readonly poison: PoisonRequests;
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * Hides a transient failure from the caller: tries again, elsewhere, after a backoff, and not before `Retry-After`.
 * Only what may be sent twice, or was provably never processed; only while the budget pays for it and the request that is
 * served has attempts left; never beyond the deadline.
 */
export function retry(options: RetryOptions, { budget, poison, clock, random }: RetryShared): Layer {
  return (next) =>
    async function retry(request) {
      const { safety, context, deadlineMs } = request;
      const maxAttempts = request.maxAttempts ?? options.maxAttempts;
      const attemptsLeft = context.attemptsLeft ?? new AttemptsLeft(maxAttempts - 1);
      const isRepeatable = safety !== 'unsafe';
      let [mayHaveRun, wasRefused] = [false, false];
      budget.deposit();
      try {
        for (let attempt = 1; ; attempt++) {
          const told = attemptsLeft.count;
          const mayRetry = isRepeatable && attempt < maxAttempts && told > 0;
          let outcome: Reply | CallError;
          try {
            outcome = await next({ ...request, attempt, mayRetry, attemptsLeft, wasRefused });
            attemptsLeft.deduct(told - leftAfter(outcome, told));
          } catch (error) {
            if (!(error instanceof CallError)) throw error; // a bug, not a failure: nothing to gain by trying again
            outcome = error;
          }
          const failure = outcome instanceof CallError ? outcome : outcome.error;
          mayHaveRun ||= failure?.isUnprocessed !== true;
          if (!failure?.isTransient || attempt >= maxAttempts) return settle(outcome, mayHaveRun);
          if (!isRepeatable && !failure.isUnprocessed) return settle(outcome, mayHaveRun);
          if (attemptsLeft.count === 0 || isSpent(request.body)) return settle(outcome, mayHaveRun);
          if (poison.isBlamed(request, outcome)) return settle(outcome, mayHaveRun);

          // On top of Retry-After: callers that were told the same must not come back together.
          const waitMs = (failure.retryAfterMs ?? 0) + backoff(options, attempt, random());
          if (clock.now() + waitMs >= deadlineMs) return settle(outcome, mayHaveRun);
          if (!budget.withdraw()) {
            attemptsLeft.refuse();
            return settle(outcome, mayHaveRun);
          }
          attemptsLeft.take();
          wasRefused = failure.isUnprocessed;
          await sleep(clock, waitMs, request.signal, request.label);
        }
      } finally {
        poison.ended(request);
      }
    };
}

function leftAfter({ headers }: Reply, told: number): number {
  return parseAttemptsLeft(headers[headerNames.attemptsLeft]) ?? told;
}

/** The last outcome is that of the call, but what no server saw last, one may have seen before. */
function settle(outcome: Reply | CallError, mayHaveRun: boolean): Reply {
  if (!(outcome instanceof CallError)) return outcome;
  if (!outcome.isUnprocessed || !mayHaveRun) throw outcome;
  const { code, detail, cause } = outcome;
  throw new CallError(code, detail, { ...outcome, cause, isUnprocessed: false });
}
