import { AttemptsLeft, CallError, headerNames, noteVersions, parseAttemptsLeft } from '@parley/contract';
import { backoff } from '../call/backoff.ts';
import { isGatewayFailure } from '../call/gateway-failure.ts';
import { RetryBudget } from '../call/retry-budget.ts';
import { sleep } from '../time/time-limit.ts';
import { wholeBody } from './fetch-body.ts';
import type { FetchReply, SendFetchAttempt, SendFetchCall } from './fetch-call.ts';
import type { FetchSettings } from './fetch-options.ts';

/**
 * Hides a transient failure from the caller: tries again after a backoff, and not before `Retry-After`. Only what may be sent
 * twice; only while the budget pays for it and there are attempts left; never beyond the deadline. A `fetch` that fails does
 * not say whether a server has seen the request: an unsafe one is never sent again.
 *
 * Scope: client.
 */
export function fetchRetry(settings: FetchSettings): (next: SendFetchAttempt) => SendFetchCall {
  const { clock, random, baseUrl } = settings;
  const budget = new RetryBudget({ current: settings }, clock);
  return (next) =>
    async function fetchRetry(call) {
      const { label, signal, headers, deadlineMs } = call;
      const maxAttempts = call.maxAttempts ?? settings.maxAttempts;
      const attemptsLeft = call.context.attemptsLeft ?? new AttemptsLeft(maxAttempts - 1);
      const body = await wholeBody(call.body, signal);
      budget.deposit();
      for (let number = 1; ; number++) {
        const mayRetry = call.safety !== 'unsafe' && number < maxAttempts && attemptsLeft.count > 0;
        const attempt = { call, number, mayRetry, attemptsLeft, endpoint: baseUrl, headers, body, signal };
        const outcome = await next(attempt).catch(failureOf);
        const failure = transientFailureOf(outcome);
        if (!(outcome instanceof CallError)) {
          deduct(attemptsLeft, outcome);
          noteVersions(call.context, outcome.headers);
        }
        const waitMs = (failure?.retryAfterMs ?? 0) + backoff(settings, number, random());
        const isPossible = failure && mayRetry && attemptsLeft.count > 0 && clock.now() + waitMs < deadlineMs;
        const isPaid = isPossible && budget.withdraw();
        if (isPossible && !isPaid) attemptsLeft.refuse();
        if (!isPaid) {
          if (outcome instanceof CallError) throw outcome;
          return outcome;
        }
        attemptsLeft.take();
        await sleep(clock, waitMs, signal, label);
      }
    };
}

/** @throws what is no CallError: a bug, not a failure */
function failureOf(error: unknown): CallError {
  if (error instanceof CallError) return error;
  throw error;
}

function transientFailureOf(outcome: FetchReply | CallError): CallError | undefined {
  if (outcome instanceof CallError) return outcome.isTransient ? outcome : undefined;
  return outcome.error?.isTransient || isGatewayFailure(outcome) ? outcome.error : undefined;
}

/** Takes what a hop below has used. A page of another origin may not see the header: then the count stays. */
function deduct(attemptsLeft: AttemptsLeft, { headers }: FetchReply): void {
  const left = parseAttemptsLeft(headers[headerNames.attemptsLeft]);
  if (left !== undefined) attemptsLeft.deduct(attemptsLeft.count - left);
}
