import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  hangingUntilAborted,
  problemReply,
  rejection,
  scripted,
  someError,
  someReply,
  someRequest,
} from '../../test-fixtures/sample.ts';
import { systemClock } from '../clock.ts';
import type { Send } from '../layer.ts';
import { settled } from '../testing/virtual-clock.ts';
import { CircuitBreaker, type CircuitState, circuitBreaker, type Permit, windowBuckets } from './circuit-breaker.ts';

const options = {
  circuitWindowMs: 10_000,
  circuitMinCalls: 10,
  circuitFailureRatio: 0.5,
  circuitOpenMs: 1_000,
  clock: systemClock,
};

let rotation: EventEmitter;
let breaker: CircuitBreaker;
let states: CircuitState[];
beforeEach(() => {
  jest.useFakeTimers(); // opossum uses the global ones
  rotation = new EventEmitter();
  states = [];
  breaker = new CircuitBreaker(options, rotation, (state) => states.push(state));
});
afterEach(() => {
  breaker.close();
  jest.useRealTimers();
});

function permit(): Permit {
  const permit = breaker.acquire();
  if (!permit) throw new Error('expected a permit');
  return permit;
}

async function fail(times: number): Promise<void> {
  for (let i = 0; i < times; i++) permit().fail();
  await settled();
}

async function succeed(times = 1): Promise<void> {
  for (let i = 0; i < times; i++) permit().succeed();
  await settled();
}

async function halfOpen(): Promise<void> {
  await fail(10);
  jest.advanceTimersByTime(1_000);
  expect(breaker.state).toBe('half-open');
}

describe('CircuitBreaker', () => {
  it('has no opinion before circuitMinCalls', async () => {
    await fail(9);
    expect(breaker.state).toBe('closed');
    await fail(1);
    expect(breaker.state).toBe('open');
  });

  it('opens above circuitFailureRatio, not at it', async () => {
    await succeed(10);
    await fail(10);
    expect(breaker.state).toBe('closed');
    await fail(1);
    expect(breaker.state).toBe('open');
  });

  it('can open at the largest ratio', async () => {
    breaker = new CircuitBreaker({ ...options, circuitFailureRatio: 0.99 }, rotation, () => {});
    await fail(10);
    expect(breaker.state).toBe('open');
  });

  it('opens at once: the failure that tips it lets no other attempt through', () => {
    for (let i = 0; i < 10; i++) permit().fail();
    expect(breaker.acquire()).toBeUndefined();
  });

  it('forgets what is older than the window', async () => {
    await fail(9);
    for (let i = 0; i < windowBuckets; i++) rotation.emit('rotate');
    await fail(9);
    expect(breaker.state).toBe('closed');
  });

  it('lets nothing through for circuitOpenMs, then one probe', async () => {
    await fail(10);
    expect([breaker.isAdmitting, breaker.acquire()]).toEqual([false, undefined]);
    jest.advanceTimersByTime(999);
    expect(breaker.isAdmitting).toBe(false);
    jest.advanceTimersByTime(1);
    expect(breaker.isAdmitting).toBe(true);
    expect(breaker.acquire()).toBeDefined();
    expect([breaker.isAdmitting, breaker.acquire()]).toEqual([false, undefined]);
  });

  it('lets no second probe through while the first one closes it', async () => {
    await halfOpen();
    permit().succeed();
    expect(breaker.acquire()).toBeUndefined();
    await settled();
    expect(breaker.acquire()).toBeDefined();
  });

  it('closes after a probe that succeeds, opens again after one that fails', async () => {
    await halfOpen();
    await fail(1);
    expect(breaker.state).toBe('open');
    jest.advanceTimersByTime(1_000);
    await succeed();
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  // Each of these is something that opossum does when it runs the calls itself.
  describe('where opossum alone errs', () => {
    it('is not tripped by attempts that it refuses', async () => {
      await fail(10);
      for (let i = 0; i < 1_000; i++) expect(breaker.acquire()).toBeUndefined();
      jest.advanceTimersByTime(1_000);
      await succeed();
      await fail(9);
      expect(breaker.state).toBe('closed');
    });

    it('is neither closed nor opened by a probe that says nothing', async () => {
      await halfOpen();
      permit().release();
      await settled();
      expect(breaker.state).toBe('half-open');
      expect(breaker.isAdmitting).toBe(true);
      await succeed();
      expect(breaker.state).toBe('closed');
    });

    it('is not diluted by attempts that say nothing', async () => {
      for (let i = 0; i < 100; i++) permit().release();
      await fail(10);
      expect(breaker.state).toBe('open');
    });

    it('is not diluted by attempts in flight', async () => {
      for (let i = 0; i < 100; i++) permit();
      await fail(10);
      expect(breaker.state).toBe('open');
    });

    it('is not closed by a success that began before it opened', async () => {
      const early = permit();
      await halfOpen();
      early.succeed();
      await settled();
      expect(breaker.state).toBe('half-open');
    });

    it('is not opened again by a failure that began before it opened', async () => {
      const early = permit();
      await halfOpen();
      await succeed();
      early.fail();
      await fail(9);
      expect(breaker.state).toBe('closed');
    });

    it('does not give the place of the probe to a late end of an earlier attempt', async () => {
      const early = permit();
      await halfOpen();
      permit();
      early.release();
      expect(breaker.isAdmitting).toBe(false);
    });

    it('starts with fresh counts after closing', async () => {
      await halfOpen();
      await succeed();
      await fail(9);
      expect(breaker.state).toBe('closed');
      await fail(1);
      expect(breaker.state).toBe('open');
    });

    it('opens and closes again and again, and leaves no listener behind', async () => {
      for (let i = 0; i < 20; i++) {
        await halfOpen();
        await succeed();
      }
      expect(breaker.state).toBe('closed');
      expect(rotation.listenerCount('rotate')).toBe(1);
    });

    it('sorts nothing at a failure, however many calls the window holds', async () => {
      for (let i = 0; i < 100_000; i++) permit().succeed();
      await settled();
      const sort = jest.spyOn(Array.prototype, 'sort');
      const concat = jest.spyOn(Array.prototype, 'concat');
      for (let i = 0; i < 100; i++) permit().fail();
      const calls = sort.mock.calls.length + concat.mock.calls.length;
      sort.mockRestore();
      concat.mockRestore();
      expect(calls).toBe(0);
    });

    it('leaves its options as they are', async () => {
      const frozen = Object.freeze({ ...options });
      const one = new CircuitBreaker(frozen, rotation, () => {});
      expect(Object.keys(frozen)).toEqual(Object.keys(options));
      one.close();
    });

    it('has no timer and no listener left after close(), in whatever state', async () => {
      await fail(10);
      expect(jest.getTimerCount()).toBeGreaterThan(0);
      breaker.close();
      expect(jest.getTimerCount()).toBe(0);
      expect(rotation.listenerCount('rotate')).toBe(0);
    });

    it('stays shut after close(), whatever ends late', async () => {
      const early = permit();
      breaker.close();
      early.fail();
      await settled();
      jest.advanceTimersByTime(60_000);
      expect([breaker.isAdmitting, breaker.acquire()]).toEqual([false, undefined]);
      expect(states).toEqual([]);
    });
  });
});

describe('circuitBreaker', () => {
  const through = (send: Send) => circuitBreaker(breaker, 'http://a')(send)(someRequest());
  const repeat = async (send: Send, times = 10) => {
    for (let i = 0; i < times; i++) await through(send).catch(() => {});
  };

  it('refuses, as never processed, while the circuit is open', async () => {
    await fail(10);
    const send = scripted(someReply());
    const error = await rejection(through(send));
    expect(error).toMatchObject({ code: 'unavailable', isUnprocessed: true, endpoint: 'http://a' });
    expect(send.requests).toHaveLength(0);
  });

  it.each([
    ['a broken connection', someError('unavailable')],
    ['an attempt timeout', someError('attempt_timeout')],
    ['an internal error', problemReply('internal')],
    ['an unavailable service', problemReply('unavailable')],
  ])('counts %s against the endpoint', async (_, outcome) => {
    await repeat(scripted(outcome));
    expect(breaker.state).toBe('open');
  });

  it.each([
    ['a caller who gave up', someError('cancelled')],
    ['a call out of time', someError('deadline_exceeded')],
    ['a request that is not fit to be sent', someError('invalid_input')],
    ['a bug in an interceptor', () => Promise.reject(new TypeError('oops'))],
  ])('learns nothing from %s', async (_, outcome) => {
    await repeat(scripted(outcome), 1_000);
    expect(breaker.state).toBe('closed');
    await fail(10);
    expect(breaker.state).toBe('open');
    jest.advanceTimersByTime(1_000);
    await repeat(scripted(outcome));
    expect(breaker.state).toBe('half-open');
  });

  it.each(['not_found', 'rate_limited', 'upstream_unavailable'] as const)(
    'takes a %s for the answer of a working endpoint, from a probe too',
    async (code) => {
      await repeat(scripted(problemReply(code)), 100);
      expect(breaker.state).toBe('closed');
      await fail(101);
      await settled();
      jest.advanceTimersByTime(1_000);
      await through(scripted(problemReply(code)));
      expect(breaker.state).toBe('closed');
    },
  );

  it('is ready for the next probe after one that was cancelled while it hung', async () => {
    await halfOpen();
    const caller = new AbortController();
    const probe = circuitBreaker(breaker, 'http://a')(hangingUntilAborted)(someRequest({ signal: caller.signal }));
    expect(breaker.isAdmitting).toBe(false);
    caller.abort(someError('cancelled'));
    await rejection(probe);
    expect(breaker.isAdmitting).toBe(true);
  });
});
