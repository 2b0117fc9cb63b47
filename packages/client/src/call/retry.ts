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
import { isSpent, StreamSource } from '../transport/body-source.ts';
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
 * served has attempts left; never beyond the deadline. While an earlier attempt with the same `Idempotency-Key` is still
 * being carried out, it asks again and again for the answer: that carries out nothing, and counts as no attempt.
 */
export function retry(options: Current<RetryOptions>, dependencies: RetryDependencies): (next: SendTry) => SendCall {
  const { budget, poison, clock } = dependencies;
  return (next) =>
    async function retry(call) {
      const { safety, context, signal } = call;
      const maxAttempts = call.maxAttempts ?? options.current.maxAttempts;
      const attemptsLeft = context.attemptsLeft ?? new AttemptsLeft(maxAttempts - 1);
      const isRepeatable = safety !== 'unsafe' && !(call.body instanceof StreamSource);
      let [mayHaveRun, wasRefused] = [false, false];
      /** How often it has asked for the answer of an attempt that is being carried out. */
      let waits = 0;
      budget.deposit();
      try {
        for (let number = 1; ; number++) {
          const left = attemptsLeft.count;
          const { size: sentBefore } = call.tried;
          const mayRetry = isRepeatable && number - waits < maxAttempts && left > 0;
          let outcome: Reply | CallError;
          try {
            outcome = await next({ call, number, mayRetry, attemptsLeft, wasRefused, isHedge: false, signal });
            attemptsLeft.deduct(left - leftAfter(outcome, left));
            noteVersions(context, outcome.headers);
          } catch (error) {
            if (!(error instanceof CallError)) throw error; // a bug, not a failure: nothing to gain by trying again
            outcome = error;
          }
          const failure = failureOf(outcome);
          wasRefused = failure?.isUnprocessed === true;
          mayHaveRun ||= !wasRefused;
          const { current } = options;
          if (!isWorthIt(current.shouldRetry, number, outcome, failure)) return settle(outcome, mayHaveRun);
          // Where no endpoint may be chosen nothing was sent: another try costs nobody anything. Nor does a look at a key in use.
          const isWaiting = isKeyInUse(call, failure) && (number > 1 || mayRetry);
          if (isWaiting) waits++;
          const isFree = isWaiting || call.tried.size === sentBefore;
          const isLast = number - waits >= maxAttempts;
          const failed = { call, number, isLast, outcome, attemptsLeft, isWaiting, isFree };
          const waitMs = waitBeforeNext(failed, current, dependencies);
          if (waitMs === undefined) return settle(outcome, mayHaveRun);
          await sleep(clock, waitMs, signal, call.label);
        }
      } finally {
        poison.ended(call);
      }
    };
}

/** An attempt that is worth another one. */
interface FailedAttempt {
  readonly call: Call;
  readonly number: number;
  readonly isLast: boolean;
  readonly outcome: Reply | CallError;
  readonly attemptsLeft: AttemptsLeft;
  /** An earlier one is still being carried out. */
  readonly isWaiting: boolean;
  /** Another try is paid for by nobody. */
  readonly isFree: boolean;
}

/** Shortest time between two looks at a key in use, in ms: nothing else bounds their number. */
const leastLookMs = 1_000;

/** Decides on the attempt after a failed one, and pays for it. @returns how long to wait before it, in ms; undefined where there is none */
function waitBeforeNext(
  failed: FailedAttempt,
  options: RetryOptions,
  dependencies: RetryDependencies,
): number | undefined {
  const { call, number, outcome, attemptsLeft, isWaiting, isFree } = failed;
  const { budget, random, events } = dependencies;
  const retryAfterMs = failureOf(outcome)?.retryAfterMs;
  // On top of Retry-After: callers that got the same one must not come back together.
  const waitMs = Math.max(retryAfterMs ?? 0, isWaiting ? leastLookMs : 0) + backoff(options, number, random());
  const obstacle = obstacleTo(failed, waitMs, dependencies);
  const before = budget.available;
  if (obstacle || (!isFree && !budget.withdraw())) {
    if (!obstacle) {
      attemptsLeft.refuse();
      events?.budgetRefused(call, 'retry');
    }
    call.story.add({ kind: 'gave_up', obstacle: obstacle ?? 'retry_budget' });
    return undefined;
  }
  if (!isFree) attemptsLeft.take();
  discard(outcome);
  events?.backoff(call, number, outcome, waitMs);
  call.story.add({ kind: 'backoff', waitMs, retryAfterMs, budget: { before, after: budget.available } });
  return waitMs;
}

function failureOf(outcome: Reply | CallError): CallError | undefined {
  return outcome instanceof CallError ? outcome : outcome.error;
}

/** An earlier attempt with the call's key is still being carried out. */
function isKeyInUse({ safety }: Call, failure: CallError | undefined): boolean {
  return safety === 'keyed' && failure?.code === 'idempotency_key_in_use';
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

/** The reason against another attempt after this failure, if there is one; the budget is another matter. */
function obstacleTo(
  { call, outcome, isLast, isWaiting, attemptsLeft }: FailedAttempt,
  waitMs: number,
  { poison, clock }: RetryDependencies,
): Obstacle | undefined {
  if (isLast) return 'max_attempts';
  if (call.safety === 'unsafe' && !failureOf(outcome)?.isUnprocessed) return 'unsafe';
  if (attemptsLeft.count === 0 && !isWaiting) return 'attempts_left';
  if (isSpent(call.body)) return 'body_spent';
  if (isPoison(poison, call, outcome)) return 'poison';
  return clock.now() + waitMs >= call.deadlineMs ? 'deadline' : undefined;
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
