import { Readable } from 'node:stream';
import { AttemptsLeft, CallError, headerNames, noteVersions, type Obstacle, parseAttemptsLeft } from '@parley/contract';
import type { PoisonRequests } from '../breaker/poison-requests.ts';
import type { Call, SendCall, SendTry } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { RetryCheck } from '../options/retry-check.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { CallEvents } from '../telemetry/call-events.ts';
import type { Clock } from '../time/clock.ts';
import { sleep } from '../time/time-limit.ts';
import { isSpent } from '../transport/body-source.ts';
import { Reply } from '../transport/reply.ts';
import { backoff } from './backoff.ts';
import { isGatewayFailure } from './gateway-failure.ts';
import type { RetryBudget } from './retry-budget.ts';

/** When a call is tried again. */
export type RetryOptions = Pick<UpstreamOptions, 'maxAttempts' | 'backoffBaseMs' | 'backoffMaxMs' | 'shouldRetry'>;

/** What attempts of an upstream's calls share. */
export interface RetryDependencies {
  readonly budget: RetryBudget;
  readonly poison: PoisonRequests;
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
  /** Gets each wait and each refusal of the budget. Default: nobody does. */
  readonly events?: CallEvents | undefined;
}

/**
 * Hides a transient failure from the caller: tries again, elsewhere, after a backoff, and not before `Retry-After`.
 * Only what may be sent twice, or was provably never processed; only while the budget pays for it and the request that is
 * served has attempts left; never beyond the deadline.
 */
export function retry(
  options: Current<RetryOptions>,
  { budget, poison, clock, random, events }: RetryDependencies,
): (next: SendTry) => SendCall {
  return (next) =>
    async function retry(call) {
      const { safety, context, deadlineMs, story, signal } = call;
      const maxAttempts = call.maxAttempts ?? options.current.maxAttempts;
      const attemptsLeft = context.attemptsLeft ?? new AttemptsLeft(maxAttempts - 1);
      const isRepeatable = safety !== 'unsafe';
      let [mayHaveRun, wasRefused] = [false, false];
      budget.deposit();
      try {
        for (let number = 1; ; number++) {
          const left = attemptsLeft.count;
          const { size: sentBefore } = call.tried;
          const mayRetry = isRepeatable && number < maxAttempts && left > 0;
          let outcome: Reply | CallError;
          try {
            outcome = await next({ call, number, mayRetry, attemptsLeft, wasRefused, isHedge: false, signal });
            attemptsLeft.deduct(left - leftAfter(outcome, left));
            noteVersions(context, outcome.headers);
          } catch (error) {
            if (!(error instanceof CallError)) throw error; // a bug, not a failure: nothing to gain by trying again
            outcome = error;
          }
          const failure = outcome instanceof CallError ? outcome : outcome.error;
          mayHaveRun ||= failure?.isUnprocessed !== true;
          if (!isWorthIt(options.current.shouldRetry, number, outcome, failure)) return settle(outcome, mayHaveRun);
          // On top of Retry-After: callers that got the same one must not come back together.
          const waitMs = (failure?.retryAfterMs ?? 0) + backoff(options.current, number, random());
          const obstacle =
            obstacleTo(call, failure, { isLast: number >= maxAttempts, attemptsLeft: attemptsLeft.count }) ??
            (isPoison(poison, call, outcome) ? 'poison' : undefined) ??
            (clock.now() + waitMs >= deadlineMs ? 'deadline' : undefined);
          const before = budget.available;
          // Where no endpoint may be chosen nothing was sent: another try costs nobody anything.
          const wasSent = call.tried.size > sentBefore;
          if (obstacle || (wasSent && !budget.withdraw())) {
            if (!obstacle) {
              attemptsLeft.refuse();
              events?.budgetRefused(call, 'retry');
            }
            story.add({ kind: 'gave_up', obstacle: obstacle ?? 'retry_budget' });
            return settle(outcome, mayHaveRun);
          }
          if (wasSent) attemptsLeft.take();
          wasRefused = failure?.isUnprocessed ?? false;
          const retryAfterMs = failure?.retryAfterMs;
          discard(outcome);
          events?.backoff(call, number, outcome, waitMs);
          story.add({ kind: 'backoff', waitMs, retryAfterMs, budget: { before, after: budget.available } });
          await sleep(clock, waitMs, signal, call.label);
        }
      } finally {
        poison.ended(call);
      }
    };
}

/** Whether another attempt is worth it. @throws TypeError where the user's own check returns anything but true or false */
function isWorthIt(
  check: RetryCheck | undefined,
  attempt: number,
  outcome: Reply | CallError,
  error: CallError | undefined,
): boolean {
  if (!check) return error?.isTransient || (outcome instanceof Reply && isGatewayFailure(outcome));
  const { status, headers } = outcome instanceof CallError ? noReply : outcome;
  try {
    const answer: unknown = check({ attempt, error, status, headers });
    if (typeof answer === 'boolean') return answer;
    const got = answer instanceof Promise ? 'a promise' : String(answer);
    throw new TypeError(`shouldRetry must return true or false, not ${got}`);
  } catch (broken) {
    discard(outcome); // the call ends here: its reply is not delivered
    throw broken;
  }
}

const noReply = { status: undefined, headers: {} };

/** Another attempt would fail too: the request is the cause. Only replies tell, a broken connection never does. */
function isPoison(poison: PoisonRequests, call: Call, outcome: Reply | CallError): boolean {
  const code = outcome instanceof Reply ? outcome.error?.code : undefined;
  return code !== undefined && poison.isPoison(call, code);
}

/** Ends the stream of a reply that another one replaces. */
function discard(outcome: Reply | CallError): void {
  if (outcome instanceof Reply && outcome.body instanceof Readable) outcome.body.destroy();
}

interface Tries {
  readonly isLast: boolean;
  readonly attemptsLeft: number;
}

/** The reason against another attempt after this failure, if there is one; the budget is another matter. */
function obstacleTo(call: Call, failure: CallError | undefined, { isLast, attemptsLeft }: Tries): Obstacle | undefined {
  if (isLast) return 'max_attempts';
  if (call.safety === 'unsafe' && !failure?.isUnprocessed) return 'unsafe';
  if (attemptsLeft === 0) return 'attempts_left';
  return isSpent(call.body) ? 'body_spent' : undefined;
}

/** Attempts left as the reply reports them; as before where it does not. */
function leftAfter({ headers }: Reply, before: number): number {
  return parseAttemptsLeft(headers[headerNames.attemptsLeft]) ?? before;
}

/** The last outcome is the call's. It may be unprocessed while an earlier attempt was not: clears the flag then. */
function settle(outcome: Reply | CallError, mayHaveRun: boolean): Reply {
  if (!(outcome instanceof CallError)) return outcome;
  if (!outcome.isUnprocessed || !mayHaveRun) throw outcome;
  const { code, detail, cause } = outcome;
  throw new CallError(code, detail, { ...outcome, cause, isUnprocessed: false });
}
