import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AttemptsLeft } from '@parley/contract';
import fc from 'fast-check';
import {
  holding,
  problemReply,
  type Step,
  scripted,
  someCall,
  someError,
  somePostCall,
  someReply,
} from '../../test-fixtures/sample.ts';
import { PoisonRequests } from '../breaker/poison-requests.ts';
import type { Call, Try } from '../layer.ts';
import type { RetryCheck } from '../options/retry-check.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { StreamSource } from '../transport/body-source.ts';
import type { Reply } from '../transport/reply.ts';
import { retry } from './retry.ts';
import { RetryBudget } from './retry-budget.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

const options = {
  shouldRetry: undefined as RetryCheck | undefined,
  maxAttempts: 3,
  backoffBaseMs: 50,
  backoffMaxMs: 1_000,
};

/** A call through `retry` over scripted attempts; `ended` has its outcome once time has passed. */
function call(steps: readonly Step<Try>[], request: Call = someCall(), retriesPerSecond = 1_000, random = () => 0.5) {
  const budget = new RetryBudget(holding({ retryBudgetRatio: 0, retryBudgetPerSecond: retriesPerSecond }), clock);
  const send = scripted<Try>(...steps);
  const poison = new PoisonRequests(() => budget.refund(), clock);
  // As the balancer does it.
  const toEndpoint = (attempt: Try) => {
    attempt.call.tried.add('http://a');
    return send(attempt);
  };
  const outcome = retry(holding(options), { budget, poison, clock, random })(toEndpoint)(request).catch(
    (error: unknown) => error,
  );
  const ended = async (ms = 60_000) => {
    await clock.advance(ms);
    return outcome;
  };
  return { send, ended };
}

describe('retry', () => {
  it('tells an attempt whose body can be sent once that none may follow', async () => {
    const { send, ended } = call([someReply()], someCall({ body: new StreamSource(Readable.from(['a'])) }));
    await ended();
    expect(send.requests.map(({ mayRetry }) => mayRetry)).toEqual([false]);
  });

  it('hides a transient failure', async () => {
    const { send, ended } = call([someError('unavailable'), problemReply('unavailable'), someReply()]);
    expect(await ended()).toMatchObject({ status: 200 });
    expect(send.requests.map(({ number }) => number)).toEqual([1, 2, 3]);
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

  it.each(['not_found', 'invalid_input', 'deadline_exceeded', 'cancelled'] as const)(
    'does not try again after %s, which another attempt would not change',
    async (code) => {
      const { send, ended } = call([problemReply(code)]);
      await ended();
      expect(send.requests).toHaveLength(1);
    },
  );

  describe('of a key that is in use, since the attempt before is still being carried out', () => {
    const inUse = problemReply('idempotency_key_in_use', { 'retry-after': '1' });
    const keyed = () => somePostCall({ safety: 'keyed', deadlineMs: clock.now() + 10_000 });

    it('asks for the answer until it is there, whatever attempts and budget are left', async () => {
      const steps = [someError('attempt_timeout'), ...Array.from({ length: 4 }, () => inUse), someReply(201)];
      const { send, ended } = call(steps, keyed(), 1);
      expect(await ended(10_000)).toMatchObject({ status: 201 });
      expect(send.requests.map(({ number, mayRetry }) => [number, mayRetry])).toEqual(
        [1, 2, 3, 4, 5, 6].map((number) => [number, true]),
      );
      expect(send.requests.at(-1)?.attemptsLeft.count).toBe(1);
    });

    it('gives up when the deadline is before the next look', async () => {
      const { send, ended } = call([someError('attempt_timeout'), inUse], keyed());
      expect(await ended(10_000)).toMatchObject({ status: 409 });
      expect(send.requests.length).toBeGreaterThan(5);
    });

    it.each([{}, { 'retry-after': '0' }])(
      'looks once a second at most, whatever the server says: %j',
      async (headers) => {
        const { send, ended } = call([problemReply('idempotency_key_in_use', headers)], keyed(), 1, () => 0);
        expect(await ended(10_000)).toMatchObject({ status: 409 });
        expect(send.requests).toHaveLength(10);
      },
    );

    it('counts it as an attempt where the call has no key', async () => {
      const { send, ended } = call([inUse], someCall({ deadlineMs: clock.now() + 10_000 }));
      expect(await ended(10_000)).toMatchObject({ status: 409 });
      expect(send.requests).toHaveLength(3);
    });

    it('counts the failures in between as ever', async () => {
      const steps = [someError('attempt_timeout'), inUse, someError('attempt_timeout'), inUse, someError()];
      const { send, ended } = call(steps, keyed());
      expect(await ended(10_000)).toMatchObject({ code: 'unavailable' });
      expect(send.requests).toHaveLength(5);
    });

    it('asks once where the request that is served has no attempt left', async () => {
      const { send, ended } = call([inUse], { ...keyed(), context: { attemptsLeft: new AttemptsLeft(0) } });
      expect(await ended(10_000)).toMatchObject({ status: 409 });
      expect(send.requests).toHaveLength(1);
    });

    it('asks once where the call has one attempt', async () => {
      const { send, ended } = call([inUse], { ...keyed(), maxAttempts: 1 });
      expect(await ended(10_000)).toMatchObject({ status: 409 });
      expect(send.requests).toHaveLength(1);
    });
  });

  describe.each(['upstream_failed', 'upstream_unavailable', 'upstream_timeout'] as const)('%s', (code) => {
    it.each([
      ['a GET', someCall()],
      ['a PUT', someCall({ method: 'PUT', safety: 'idempotent' })],
      ['a keyed POST', somePostCall({ safety: 'keyed' })],
    ])('of a gateway in front is met with another attempt: %s', async (_, request) => {
      const { send, ended } = call([problemReply(code), someReply()], request);
      expect(await ended()).toMatchObject({ status: 200 });
      expect(send.requests).toHaveLength(2);
    });

    it.each(['0', '2'])('of a service, which says that %s attempts are left, is final', async (left) => {
      const last = problemReply(code, { 'x-attempts-left': left });
      const { send, ended } = call([last], somePostCall({ safety: 'keyed' }));
      expect(await ended()).toBe(last);
      expect(send.requests).toHaveLength(1);
    });

    it('of a gateway in front is final for a POST without a key, without a budget, and after maxAttempts', async () => {
      const unsafe = call([problemReply(code)], somePostCall());
      const unpaid = call([problemReply(code)], someCall(), 0);
      const long = call([problemReply(code)]);
      for (const { ended } of [unsafe, unpaid, long]) expect(await ended()).toMatchObject({ error: { code } });
      expect([unsafe, unpaid, long].map(({ send }) => send.requests.length)).toEqual([1, 1, 3]);
    });
  });

  it.each([
    ['a GET', someCall()],
    ['a keyed POST', somePostCall({ safety: 'keyed' })],
  ])('tries %s elsewhere that an endpoint answered with 500: others may be well', async (_, request) => {
    const { send, ended } = call([problemReply('internal'), someReply()], request);
    expect(await ended()).toMatchObject({ status: 200 });
    expect(send.requests).toHaveLength(2);
  });

  it.each(['unavailable', 'attempt_timeout', 'internal'] as const)(
    'does not send a POST again after %s',
    async (code) => {
      const { send, ended } = call([someError(code)], somePostCall());
      expect(await ended()).toMatchObject({ code });
      expect(send.requests).toHaveLength(1);
      expect(send.requests[0]?.mayRetry).toBe(false);
    },
  );

  it('sends a POST again that was provably never processed', async () => {
    const { send, ended } = call([someError('unavailable', { isUnprocessed: true }), someReply()], somePostCall());
    expect(await ended()).toMatchObject({ status: 200 });
    expect(send.requests).toHaveLength(2);
  });

  it('sends a POST once more at most where the second attempt may have been processed', async () => {
    const { send, ended } = call([someError('unavailable', { isUnprocessed: true }), someError()], somePostCall());
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

  it('spreads callers that got the same Retry-After', async () => {
    const cameBackAt = new Set<number>();
    const random = seededRandom();
    for (let caller = 0; caller < 10; caller++) {
      const startedAt = clock.now();
      const steps = [problemReply('rate_limited', { 'retry-after': '0' }), someReply()];
      const { ended, send } = call(steps, someCall(), 1_000, random);
      while (send.requests.length < 2) await clock.advance(1);
      cameBackAt.add(clock.now() - startedAt);
      await ended();
    }
    expect(cameBackAt.size).toBeGreaterThan(4);
  });

  it('gives up at once where Retry-After is beyond the deadline', async () => {
    const reply = problemReply('unavailable', { 'retry-after': '30' });
    const { send, ended } = call([reply], someCall({ deadlineMs: clock.now() + 5_000 }));
    expect(await ended(0)).toBe(reply);
    expect(send.requests).toHaveLength(1);
  });

  it('gives up at once where the backoff would end beyond the deadline', async () => {
    const { send, ended } = call([someError()], someCall({ deadlineMs: clock.now() + 20 }));
    expect(await ended(0)).toMatchObject({ code: 'unavailable' });
    expect(send.requests).toHaveLength(1);
  });

  it('does not try again once the deadline has passed, however short the wait', async () => {
    const slow = () =>
      new Promise<Reply>((resolve) => void clock.after(100, () => resolve(problemReply('unavailable'))));
    const request = someCall({ deadlineMs: clock.now() + 50 });
    const { send, ended } = call([slow], request, 1_000, () => 0);
    expect(await ended(1_000)).toMatchObject({ status: 503 });
    expect(send.requests).toHaveLength(1);
  });

  it.each(['safe', 'idempotent', 'keyed'] as const)('sends what is %s again', async (safety) => {
    const { send, ended } = call([someError(), someReply()], someCall({ safety }));
    expect(await ended()).toMatchObject({ status: 200 });
    expect(send.requests).toHaveLength(2);
  });

  it('makes as many attempts as the call says, whatever the upstream does', async () => {
    const { send, ended } = call([someError()], someCall({ maxAttempts: 5 }));
    await ended();
    expect(send.requests).toHaveLength(5);
    const once = call([someError()], someCall({ maxAttempts: 1 }));
    await once.ended();
    expect(once.send.requests).toHaveLength(1);
  });

  describe('over what may have run', () => {
    const ejected = someError('unavailable', { isUnprocessed: true, endpoint: 'http://a' });

    it('does not say that nothing was processed because the last attempt was not', async () => {
      const { ended } = call([someError('attempt_timeout'), ejected]);
      expect(await ended()).toMatchObject({
        code: 'unavailable',
        isUnprocessed: false,
        isTransient: true,
        endpoint: 'http://a',
        message: ejected.message,
      });
    });

    it('says so where none of the attempts was', async () => {
      const { ended } = call([ejected]);
      expect(await ended()).toBe(ejected);
    });
  });

  describe('with attempts left', () => {
    const serving = (attemptsLeft: AttemptsLeft) => someCall({ context: { attemptsLeft } });
    const used = (left: string) => problemReply('unavailable', { 'x-attempts-left': left });

    it('begins with those of maxAttempts where no request is served', async () => {
      const { send, ended } = call([someReply()]);
      await ended();
      expect(send.requests[0]?.attemptsLeft?.count).toBe(2);
    });

    it('stops when all calls for the request have used them', async () => {
      const attemptsLeft = new AttemptsLeft(1);
      const first = call([someError()], serving(attemptsLeft));
      await first.ended();
      const second = call([someError()], serving(attemptsLeft));
      await second.ended();
      expect([first, second].map(({ send }) => send.requests.length)).toEqual([2, 1]);
      expect(second.send.requests[0]?.mayRetry).toBe(false);
    });

    it('deducts what a reply says was used below', async () => {
      const attemptsLeft = new AttemptsLeft(5);
      const { send, ended } = call([used('4'), someReply(200, { 'x-attempts-left': '1' })], serving(attemptsLeft));
      await ended();
      expect(send.requests).toHaveLength(2);
      expect(attemptsLeft.count).toBe(1);
    });

    it('makes no further attempt where those below have used all', async () => {
      const { send, ended } = call([used('0')]);
      expect(await ended()).toMatchObject({ status: 503 });
      expect(send.requests).toHaveLength(1);
    });

    it.each(['7', 'many', '-1'])('is not misled by a reply that says %s are left', async (left) => {
      const attemptsLeft = new AttemptsLeft(2);
      const { send, ended } = call([used(left), someReply()], serving(attemptsLeft));
      await ended();
      expect(send.requests).toHaveLength(2);
      expect(attemptsLeft.count).toBe(1);
    });

    it('takes an attempt without a reply to have used none but itself', async () => {
      const attemptsLeft = new AttemptsLeft(2);
      const { ended } = call([someError('attempt_timeout'), someReply()], serving(attemptsLeft));
      await ended();
      expect(attemptsLeft.count).toBe(1);
    });

    it('lets no chain of hops make more attempts than its first one has, whatever fails where', async () => {
      const failures = fc.constantFrom<'fine' | 'refused' | 'unavailable'>('fine', 'refused', 'unavailable');
      const hops = fc.array(fc.array(failures, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(hops, fc.integer({ min: 1, max: 4 }), async (fates, maxAttempts) => {
          const { ask, retries } = chainOf(fates, maxAttempts);
          const over = ask().catch(() => {});
          await clock.advance(1);
          await over;
          expect(retries()).toBeLessThan(maxAttempts);
        }),
      );
    });

    /** Hops that call each other; each answers, or fails by itself, as its fates say, one after the other. */
    function chainOf(fates: readonly (readonly string[])[], maxAttempts: number) {
      const made = fates.map(() => 0);
      let retries = 0;
      const plentiful = new RetryBudget(holding({ retryBudgetRatio: 1, retryBudgetPerSecond: 10_000 }), clock);
      const serve = async (at: number, left: AttemptsLeft): Promise<Reply> => {
        const mine = fates[at] ?? [];
        const fate = mine[(made[at] ?? 0) % mine.length];
        made[at] = (made[at] ?? 0) + 1;
        if (fate === 'refused') throw someError('unavailable', { isUnprocessed: true });
        const below = at + 1 < fates.length ? await ask(at + 1, left).catch(() => someReply(503)) : someReply();
        const told = left.leftAfter(fate === 'fine' && below.status < 400 ? 'success' : 'failure');
        const headers = told === undefined ? {} : { 'x-attempts-left': String(told) };
        return fate === 'fine' && below.status < 400 ? someReply(200, headers) : problemReply('unavailable', headers);
      };
      const ask = (at = 0, attemptsLeft?: AttemptsLeft): Promise<Reply> => {
        const shared = { budget: plentiful, poison: new PoisonRequests(() => {}, clock), clock, random: () => 0 };
        const send = retry(
          holding({ ...options, maxAttempts }),
          shared,
        )((request) => {
          request.call.tried.add('http://a');
          if (request.number > 1) retries++;
          return serve(at, new AttemptsLeft(request.attemptsLeft.count));
        });
        return send(someCall(attemptsLeft && { context: { attemptsLeft } }));
      };
      return { ask, retries: () => retries };
    }

    it('lets those above know by a failure that the budget refused a retry', async () => {
      const attemptsLeft = new AttemptsLeft(2);
      const { ended } = call([someError()], serving(attemptsLeft), 0);
      await ended();
      expect([attemptsLeft.leftAfter('failure'), attemptsLeft.leftAfter('success')]).toEqual([0, undefined]);
    });
  });

  it('stops when the budget is empty', async () => {
    const { send, ended } = call([someError()], someCall(), 1);
    expect(await ended(1_000)).toMatchObject({ code: 'unavailable' });
    expect(send.requests).toHaveLength(2);
  });

  it('pays for nothing but retries', async () => {
    const budget = new RetryBudget(holding({ retryBudgetRatio: 0, retryBudgetPerSecond: 1 }), clock);
    const poison = new PoisonRequests(() => budget.refund(), clock);
    const send = retry(holding(options), { budget, poison, clock, random: () => 0 })(scripted(someReply()));
    for (let i = 0; i < 10; i++) await send(someCall());
    expect(budget.withdraw()).toBe(true);
  });

  it('ends its wait when the caller gives up', async () => {
    const caller = new AbortController();
    const { send, ended } = call([someError()], someCall({ signal: caller.signal }));
    await clock.advance(1);
    caller.abort();
    expect(await ended(0)).toMatchObject({ code: 'cancelled' });
    expect(send.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['well', someReply()],
    ['badly', problemReply('unavailable')],
    ['by a bug', () => Promise.reject(new TypeError('oops'))],
  ])('tells once that the call has ended %s, so that nobody waits for it', async (_, step) => {
    const ended = jest.spyOn(PoisonRequests.prototype, 'ended');
    await call([step]).ended();
    expect(ended).toHaveBeenCalledTimes(1);
    ended.mockRestore();
  });

  it('passes on what is no CallError: a bug is not made better by another attempt', async () => {
    const bug = new TypeError('x is not a function');
    const { send, ended } = call([() => Promise.reject(bug)]);
    expect(await ended()).toBe(bug);
    expect(send.requests).toHaveLength(1);
  });
});
