import { CallError } from '@parley/contract';
import type { Call, Try, TryLayer } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { CallEvents } from '../telemetry/call-events.ts';
import type { Clock } from '../time/clock.ts';
import { Reply } from '../transport/reply.ts';
import { HedgeDelays } from './hedge-delays.ts';
import { HedgeRace } from './hedge-race.ts';
import type { RetryBudget } from './retry-budget.ts';

/** How much load second copies of slow calls may add. */
export type HedgeOptions = Pick<UpstreamOptions, 'hedgeRatio'>;

/** The ratio for calls with `hedge: true` if the upstream has none of its own. */
const askedHedgeRatio = 0.01;

/** Copies that may be saved up for a bad moment. */
const mostSaved = 10;

/**
 * Hides one slow endpoint from the caller: an attempt that takes longer than nearly all of its operation's do is sent
 * once more, elsewhere. The first good answer counts, and the other copy is cancelled at once. A failure waits for the
 * copy that is still under way; where both fail, it is the first one's. Dean and Barroso, "The Tail at Scale", 2013;
 * Finagle's `BackupRequestFilter`.
 *
 * Only what is safe or keyed, and whose body can be sent twice; never a stream; never before enough latencies are
 * known. A copy is paid for three times: out of the share that attempts pay in here, out of the retry budget, and out
 * of the attempts that the request has left over all its hops.
 *
 * Scope: upstream.
 *
 * @param events gets each refusal of the budget. Default: nobody does
 */
export function hedge(
  options: Current<HedgeOptions>,
  budget: RetryBudget,
  clock: Clock,
  events?: CallEvents,
): TryLayer {
  const delays = new HedgeDelays(clock);
  let saved = 0;
  const mayCopy = ({ attemptsLeft, call }: Try) => {
    if (saved < 1 || attemptsLeft.count === 0) return false;
    if (!budget.withdraw()) {
      events?.budgetRefused(call, 'hedge');
      return false;
    }
    attemptsLeft.take();
    saved--;
    return true;
  };

  return (next) =>
    function hedge(attempt) {
      const { call } = attempt;
      const isWanted = call.hedge ?? options.current.hedgeRatio > 0;
      if (!isWanted || !isRepeatable(call)) return next(attempt);
      const ratio = options.current.hedgeRatio || askedHedgeRatio;
      saved = Math.min(mostSaved, saved + ratio);
      const startedAtMs = clock.now();
      const afterMs = delays.after(call.label, ratio);
      const isTimely = afterMs !== undefined && startedAtMs + afterMs < call.deadlineMs;
      const reply = isTimely ? new HedgeRace(next, attempt, mayCopy).run(clock, afterMs) : next(attempt);
      const record = (outcome: unknown) => {
        if (measuresLatency(outcome)) delays.record(call.label, clock.now() - startedAtMs);
      };
      reply.then(record, record);
      return reply;
    };
}

// Two copies run at the same time. `idempotent` does not suffice: the later copy of a PUT could undo another PUT.
function isRepeatable({ safety, body, replyAs }: Call): boolean {
  if (safety !== 'safe' && safety !== 'keyed') return false;
  const isWhole = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  return isWhole && replyAs !== 'stream';
}

const outOfTime = new Set(['attempt_timeout', 'deadline_exceeded']);

// A quick failure is not a quick answer. An attempt that ran out of time took at least that long: without it the
// percentile would sink with every outage. A first attempt that loses to its copy took at least that long too.
function measuresLatency(outcome: unknown): boolean {
  if (outcome instanceof Reply) return !outcome.error?.isTransient || outOfTime.has(outcome.error.code);
  return outcome instanceof CallError && outOfTime.has(outcome.code);
}
