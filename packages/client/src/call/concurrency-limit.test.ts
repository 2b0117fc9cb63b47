import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Priority, priorities } from '@parley/contract';
import fc from 'fast-check';
import { hangingUntilAborted, holding, rejection, someCall, someError, someReply } from '../../test-fixtures/sample.ts';
import type { Call } from '../layer.ts';
import { settled, VirtualClock } from '../testing/virtual-clock.ts';
import type { Reply } from '../transport/reply.ts';
import { CallQueue } from './call-queue.ts';
import { concurrencyLimit } from './concurrency-limit.ts';

let clock: VirtualClock;
let options: { concurrencyLimit: number | 'connections' | 'adaptive'; maxQueue: number };
let sockets = Number.POSITIVE_INFINITY;
beforeEach(() => {
  clock = new VirtualClock();
  options = { concurrencyLimit: 2, maxQueue: 3 };
});

/** The layer over calls that the test ends by hand, in any order. */
function limited() {
  const queue = new CallQueue(holding(options), () => sockets);
  const underWay: { request: Call; answer(reply?: Reply): void; fail(error?: Error): void }[] = [];
  const send = concurrencyLimit(
    queue,
    clock,
  )(
    (request) =>
      new Promise((resolve, reject) => {
        const answer = (reply = someReply()) => resolve(reply);
        underWay.push({ request, answer, fail: (error: Error = someError()) => reject(error) });
        request.signal?.addEventListener('abort', () => reject(request.signal?.reason));
      }),
  );
  const call = (overrides: Partial<Call> = {}, priority?: Priority) => {
    const request = someCall({ ...overrides, ...(priority && { context: { priority } }) });
    return send(request).then(
      () => 'answered',
      ({ code }) => code as string,
    );
  };
  return { queue, underWay, send, call };
}

const outcome = (call: Promise<string>) => Promise.race([call, settled().then(() => 'pending')]);

describe('concurrencyLimit', () => {
  it('lets as many through as the limit says, and the next one when one has ended', async () => {
    const { queue, underWay, call } = limited();
    const calls = [call(), call(), call()];
    await settled();
    expect(underWay).toHaveLength(2);
    expect(queue.status).toEqual({ limit: 2, inFlight: 2, queued: 1 });
    underWay[1]?.fail();
    expect(await calls[1]).toBe('unavailable');
    expect(underWay).toHaveLength(3);
    for (const { answer } of underWay) answer();
    expect(await Promise.all(calls)).toEqual(['answered', 'unavailable', 'answered']);
    expect(queue.status).toEqual({ limit: 2, inFlight: 0, queued: 0 });
  });

  it('has a place for each socket where it goes by connections', async () => {
    options.concurrencyLimit = 'connections';
    sockets = 3;
    const { queue, underWay, call } = limited();
    for (let i = 0; i < 4; i++) void call();
    expect(underWay).toHaveLength(3);
    sockets = 4;
    underWay[0]?.answer();
    await settled();
    expect(queue.status).toEqual({ limit: 4, inFlight: 3, queued: 0 });
  });

  it('sends at once, in the same turn, where a place is free', () => {
    const { underWay, call } = limited();
    void call();
    expect(underWay).toHaveLength(1);
  });

  it('neither counts nor bounds without a limit', () => {
    options.concurrencyLimit = Number.POSITIVE_INFINITY;
    const { queue, underWay, call } = limited();
    for (let i = 0; i < 1_000; i++) void call();
    expect(underWay).toHaveLength(1_000);
    expect(queue.status).toEqual({ limit: Number.POSITIVE_INFINITY, inFlight: 0, queued: 0 });
  });

  it('refuses a call where the queue is full: unprocessed, no endpoint to blame, with the reason', async () => {
    const { queue, send, underWay, call } = limited();
    for (let i = 0; i < 5; i++) void call();
    const error = await send(someCall()).catch((error) => error);
    expect(error).toMatchObject({ code: 'overloaded', isUnprocessed: true, blamesEndpoint: false });
    expect(error.message).toBe(
      '[overloaded] GET /api/things/{id}: not sent: the queue is full (concurrencyLimit 2: 2 in flight, 3 queued)',
    );
    expect(underWay).toHaveLength(2);
    expect(queue.status.queued).toBe(3);
  });

  it('queues no call where maxQueue is 0', async () => {
    options.maxQueue = 0;
    const { call } = limited();
    void call();
    void call();
    expect(await call({}, 'critical')).toBe('overloaded');
  });

  it('serves the higher priority first, and the first among equals', async () => {
    const { underWay, call } = limited();
    options.maxQueue = 10;
    void call();
    void call();
    const order: Priority[] = ['background', 'normal', 'critical', 'background', 'critical'];
    order.forEach((priority, i) => {
      void call({ path: `/${i}` }, priority);
    });
    for (let i = 0; i < 5; i++) {
      underWay[i]?.answer();
      await settled();
    }
    expect(underWay.slice(2).map(({ request }) => request.path)).toEqual(['/2', '/4', '/1', '/0', '/3']);
  });

  it('lets the latest of the lowest priority give way in a full queue, but not to an equal', async () => {
    const { call } = limited();
    void call();
    void call();
    const [early, late, normal] = [call({}, 'background'), call({}, 'background'), call()];
    const critical = call({}, 'critical');
    expect(await late).toBe('overloaded');
    expect(await call({}, 'background')).toBe('overloaded');
    expect(await Promise.all([early, normal, critical].map(outcome))).toEqual(['pending', 'pending', 'pending']);
  });

  it('refuses a call at once that cannot expect a place within half of its time', async () => {
    const { underWay, send, call } = limited();
    for (let i = 0; i < 2; i++) void call();
    await clock.advance(100);
    for (const { answer } of underWay) answer();
    await settled();
    for (let i = 0; i < 3; i++) void call();
    // A place is held for 100 ms, there are two, and one waits: the next one's turn is in 100 ms.
    const error = await send(someCall({ deadlineMs: clock.now() + 200 })).catch((error) => error);
    expect(error).toMatchObject({ code: 'overloaded', isUnprocessed: true });
    expect(error.detail).toBe(
      'not sent: a place is expected in 100 ms, more than half of the 200 ms that are left ' +
        '(concurrencyLimit 2: 2 in flight, 1 queued)',
    );
    expect(await outcome(call({ deadlineMs: clock.now() + 202 }))).toBe('pending');
  });

  it('begins no call that has waited for half of its time: too little is left for it', async () => {
    const { underWay, send, call } = limited();
    void call();
    void call();
    const late = send(someCall({ deadlineMs: clock.now() + 1_000 })).catch((error) => error);
    const next = call({ deadlineMs: clock.now() + 2_000 });
    await clock.advance(501);
    underWay[0]?.answer();
    await settled();
    expect(await late).toMatchObject({ code: 'overloaded', isUnprocessed: true });
    expect((await late).detail).toMatch(/^not sent: it waited for half of its time \(concurrencyLimit 2: /);
    expect(underWay).toHaveLength(3);
    underWay[2]?.answer();
    expect(await next).toBe('answered');
  });

  it('ends those of a burst that cannot expect a place in time, as soon as that is known', async () => {
    options.maxQueue = 1_000;
    const { queue, underWay, call } = limited();
    const calls = Array.from({ length: 200 }, () => call({ deadlineMs: clock.now() + 1_000 }));
    let answered = 0;
    // Each place is held for 10 ms: in the half of a second that is left there are two times 50 of them.
    for (let turn = 0; turn < 11; turn++) {
      await clock.advance(10);
      for (; answered < underWay.length - 2; ) answered++;
      for (const { answer } of underWay.slice(-2)) answer();
      await settled();
    }
    const { queued } = queue.status;
    expect(queued).toBeLessThanOrEqual(80);
    expect(queued).toBeGreaterThan(60);
    const ended = await Promise.all(calls.map(outcome));
    expect(ended.filter((one) => one === 'overloaded')).toHaveLength(200 - queued - underWay.length);
    expect(ended.slice(0, 22)).toEqual(Array(22).fill('answered'));
  });

  it('counts only those before it: a critical call need not wait for the others', async () => {
    const { underWay, call } = limited();
    for (let i = 0; i < 2; i++) void call();
    await clock.advance(100);
    for (const { answer } of underWay) answer();
    await settled();
    for (let i = 0; i < 4; i++) void call();
    expect(await outcome(call({ deadlineMs: clock.now() + 120 }))).toBe('overloaded');
    expect(await outcome(call({ deadlineMs: clock.now() + 120 }, 'critical'))).toBe('pending');
  });

  it('removes a caller that gives up from the queue, and leaves nothing behind', async () => {
    const { queue, underWay, call } = limited();
    void call();
    void call();
    const caller = new AbortController();
    const waiting = call({ signal: caller.signal });
    const next = call();
    caller.abort();
    expect(await waiting).toBe('cancelled');
    expect(queue.status.queued).toBe(1);
    expect(clock.pending).toBe(0);
    underWay[0]?.answer();
    await settled();
    underWay[2]?.answer();
    expect(await next).toBe('answered');
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  it('says that a call which was given up without a place was not sent', async () => {
    const { send, call } = limited();
    for (let i = 0; i < 2; i++) void call();
    const caller = new AbortController();
    const waiting = rejection(send(someCall({ signal: caller.signal })));
    caller.abort(someError('deadline_exceeded'));
    const late = {
      code: 'deadline_exceeded',
      detail: 'not sent: thrown below',
      isUnprocessed: true,
      isTransient: false,
    };
    expect(await waiting).toMatchObject(late);
    const early = rejection(send(someCall({ signal: AbortSignal.abort() })));
    expect(await early).toMatchObject({ code: 'cancelled', isUnprocessed: true, isTransient: false });
  });

  it('queues no call that was given up', async () => {
    const { queue, call } = limited();
    for (let i = 0; i < 3; i++) void call();
    expect(await call({ signal: AbortSignal.abort() })).toBe('cancelled');
    expect(queue.status.queued).toBe(1);
  });

  it('frees the place of a call that is given up', async () => {
    const queue = new CallQueue(holding(options), () => sockets);
    const send = concurrencyLimit(queue, clock)(hangingUntilAborted);
    const caller = new AbortController();
    const ended = send(someCall({ signal: caller.signal })).catch(() => {});
    expect(queue.status.inFlight).toBe(1);
    caller.abort();
    await ended;
    expect(queue.status.inFlight).toBe(0);
  });

  it('follows a limit that changes while calls wait', async () => {
    const { queue, underWay, call } = limited();
    for (let i = 0; i < 4; i++) void call();
    options.concurrencyLimit = 5;
    void call();
    await settled();
    expect(underWay).toHaveLength(5);
    options.concurrencyLimit = 1;
    const last = call();
    for (const { answer } of underWay.slice(0, 4)) answer();
    expect(await outcome(last)).toBe('pending');
    options.concurrencyLimit = Number.POSITIVE_INFINITY;
    underWay[4]?.answer();
    await settled();
    underWay[5]?.answer();
    expect(await last).toBe('answered');
    expect(queue.status).toMatchObject({ inFlight: 0, queued: 0 });
  });

  describe('adaptive', () => {
    /** Keeps as many under way as there may be, each taking so long. */
    async function load(ms: number, rounds: number, { outcome = someReply(), ...overrides } = {} as LoadOptions) {
      options.concurrencyLimit = 'adaptive';
      const { queue, underWay, call } = limited();
      for (let round = 0; round < rounds; round++) {
        const { limit } = queue;
        const calls = Array.from({ length: limit }, () => call(overrides));
        await clock.advance(ms);
        for (const { answer } of underWay.splice(0)) answer(outcome);
        await Promise.all(calls);
      }
      return queue;
    }
    type LoadOptions = Partial<Call> & { outcome?: Reply };

    it('grows while calls take as long as ever', async () => {
      expect((await load(10, 20)).limit).toBe(200);
    });

    it('learns from successes only: failing fast is no reason to send more', async () => {
      expect((await load(10, 20, { outcome: someReply(503) })).limit).toBe(20);
    });

    it('learns nothing from the first byte of a stream', async () => {
      expect((await load(10, 20, { replyAs: 'stream' })).limit).toBe(20);
    });
  });

  it('never exceeds its limit, settles every call, and leaves no call waiting beside a free place', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('call' as const), priority: fc.constantFrom(...priorities), at: fc.nat(30) }),
      fc.record({ kind: fc.constantFrom('answer' as const, 'fail' as const, 'abort' as const), at: fc.nat(30) }),
      fc.record({ kind: fc.constant('limit' as const), at: fc.integer({ min: 1, max: 4 }) }),
    );
    const property = fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      options = { concurrencyLimit: 3, maxQueue: 4 };
      const { queue, underWay, call } = limited();
      const calls: Promise<string>[] = [];
      const callers: AbortController[] = [];
      for (const step of steps) {
        const before = queue.status.inFlight;
        if (step.kind === 'call') {
          const caller = new AbortController();
          callers.push(caller);
          calls.push(call({ signal: caller.signal }, step.priority));
        } else if (step.kind === 'limit') options.concurrencyLimit = step.at;
        else if (step.kind === 'abort') callers[step.at]?.abort(someError('cancelled'));
        else underWay[step.at]?.[step.kind]();
        await settled();
        const { inFlight, limit, queued } = queue.status;
        expect(inFlight).toBeLessThanOrEqual(Math.max(limit, before));
        expect(queued).toBeLessThanOrEqual(4);
        if (step.kind !== 'limit' && inFlight < before) expect(inFlight < limit ? queued : 0).toBe(0);
      }
      for (const caller of callers) caller.abort(someError('cancelled'));
      await Promise.all(calls);
      expect(queue.status).toMatchObject({ inFlight: 0, queued: 0 });
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
