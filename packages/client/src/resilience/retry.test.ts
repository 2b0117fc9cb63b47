import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  problemReply,
  type Step,
  scripted,
  someError,
  somePost,
  someReply,
  someRequest,
} from '../../test-fixtures/sample.ts';
import type { Request } from '../layer.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { retry } from './retry.ts';
import { RetryBudget } from './retry-budget.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

const options = { maxAttempts: 3, backoffBaseMs: 50, backoffMaxMs: 1_000 };

/** A call through `retry` over scripted attempts; `ended` has its outcome once time has passed. */
function call(steps: readonly Step[], request: Request = someRequest(), retriesPerSecond = 1_000, random = () => 0.5) {
  const budget = new RetryBudget({ retryBudgetRatio: 0, retryBudgetPerSecond: retriesPerSecond }, clock);
  const send = scripted(...steps);
  const outcome = retry(options, { budget, clock, random })(send)(request).catch((error: unknown) => error);
  const ended = async (ms = 60_000) => {
    await clock.advance(ms);
    return outcome;
  };
  return { send, ended };
}

describe('retry', () => {
  it('hides a transient failure', async () => {
    const { send, ended } = call([someError('unavailable'), problemReply('unavailable'), someReply()]);
    expect(await ended()).toMatchObject({ status: 200 });
    expect(send.requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  it('tells each attempt whether another may follow', async () => {
    const { send, ended } = call([someError()]);
    await ended();
    expect(send.requests.map(({ mayRetry }) => mayRetry)).toEqual([true, true, false]);
  });

  it('gives up after maxAttempts with the last error', async () => {
    const last = someError('attempt_timeout');
    const { send, ended } = call([someError(), someError(), last]);
    expect(await ended()).toBe(last);
    expect(send.requests).toHaveLength(3);
  });

  it('returns the last reply as it came, where all attempts failed by reply', async () => {
    const last = problemReply('unavailable');
    const { ended } = call([problemReply('rate_limited'), problemReply('unavailable'), last]);
    expect(await ended()).toBe(last);
  });

  it.each([
    'internal',
    'not_found',
    'invalid_input',
    'deadline_exceeded',
    'cancelled',
    'upstream_unavailable',
  ] as const)('does not try again after %s, which another attempt would not change', async (code) => {
    const { send, ended } = call([problemReply(code)]);
    await ended();
    expect(send.requests).toHaveLength(1);
  });

  it.each(['unavailable', 'attempt_timeout'] as const)('does not send a POST again after %s', async (code) => {
    const { send, ended } = call([someError(code)], somePost());
    expect(await ended()).toMatchObject({ code });
    expect(send.requests).toHaveLength(1);
    expect(send.requests[0]?.mayRetry).toBe(false);
  });

  it('sends a POST again that was provably never processed', async () => {
    const { send, ended } = call([someError('unavailable', { isUnprocessed: true }), someReply()], somePost());
    expect(await ended()).toMatchObject({ status: 200 });
    expect(send.requests).toHaveLength(2);
  });

  it('sends a POST once more at most where the second attempt may have been processed', async () => {
    const { send, ended } = call([someError('unavailable', { isUnprocessed: true }), someError()], somePost());
    await ended();
    expect(send.requests).toHaveLength(2);
  });

  it('waits between attempts, longer before the second than before the first', async () => {
    const { send } = call([someError()]);
    await clock.advance(24);
    expect(send.requests).toHaveLength(1);
    await clock.advance(1);
    expect(send.requests).toHaveLength(2);
    await clock.advance(49);
    expect(send.requests).toHaveLength(2);
    await clock.advance(1);
    expect(send.requests).toHaveLength(3);
  });

  it('does not come back before Retry-After', async () => {
    const { send } = call([problemReply('unavailable', { 'retry-after': '2' }), someReply()]);
    await clock.advance(1_999);
    expect(send.requests).toHaveLength(1);
    await clock.advance(100);
    expect(send.requests).toHaveLength(2);
  });

  it('spreads callers that were told the same Retry-After', async () => {
    const cameBackAt = new Set<number>();
    const random = seededRandom();
    for (let caller = 0; caller < 10; caller++) {
      const startedAt = clock.now();
      const steps = [problemReply('rate_limited', { 'retry-after': '0' }), someReply()];
      const { ended, send } = call(steps, someRequest(), 1_000, random);
      while (send.requests.length < 2) await clock.advance(1);
      cameBackAt.add(clock.now() - startedAt);
      await ended();
    }
    expect(cameBackAt.size).toBeGreaterThan(4);
  });

  it('gives up at once where Retry-After is beyond the deadline', async () => {
    const reply = problemReply('unavailable', { 'retry-after': '30' });
    const { send, ended } = call([reply], someRequest({ deadlineMs: clock.now() + 5_000 }));
    expect(await ended(0)).toBe(reply);
    expect(send.requests).toHaveLength(1);
  });

  it('gives up at once where the backoff would end beyond the deadline', async () => {
    const { send, ended } = call([someError()], someRequest({ deadlineMs: clock.now() + 20 }));
    expect(await ended(0)).toMatchObject({ code: 'unavailable' });
    expect(send.requests).toHaveLength(1);
  });

  it('stops when the budget is empty', async () => {
    const { send, ended } = call([someError()], someRequest(), 1);
    expect(await ended(1_000)).toMatchObject({ code: 'unavailable' });
    expect(send.requests).toHaveLength(2);
  });

  it('pays for nothing but retries', async () => {
    const budget = new RetryBudget({ retryBudgetRatio: 0, retryBudgetPerSecond: 1 }, clock);
    const send = retry(options, { budget, clock, random: () => 0 })(scripted(someReply()));
    for (let i = 0; i < 10; i++) await send(someRequest());
    expect(budget.withdraw()).toBe(true);
  });

  it('ends its wait when the caller gives up', async () => {
    const caller = new AbortController();
    const { send, ended } = call([someError()], someRequest({ signal: caller.signal }));
    await clock.advance(1);
    caller.abort();
    expect(await ended(0)).toMatchObject({ code: 'cancelled' });
    expect(send.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('passes on what is no CallError: a bug is not made better by another attempt', async () => {
    const bug = new TypeError('x is not a function');
    const { send, ended } = call([() => Promise.reject(bug)]);
    expect(await ended()).toBe(bug);
    expect(send.requests).toHaveLength(1);
  });
});
