import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { rejection, someError } from '../../test-fixtures/sample.ts';
import { settled, VirtualClock } from '../testing/virtual-clock.ts';
import type { CancelSignal } from './cancel-signal.ts';
import { sleep, timeLimit } from './time-limit.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

const never = () => new Promise<never>(() => {});

describe('timeLimit', () => {
  const limit = (signal?: AbortSignal) => ({
    clock,
    ms: 100,
    signal,
    operation: 'GET /a',
    onTimeout: () => someError('attempt_timeout'),
  });

  it('gives what the work gives', async () => {
    await expect(timeLimit(limit(), async () => 'done')).resolves.toBe('done');
    await expect(timeLimit(limit(), () => Promise.reject(someError('internal')))).rejects.toThrow('[internal]');
  });

  it('settles when the time is up, even if the work ignores its signal', async () => {
    const late = rejection(timeLimit(limit(), never));
    await clock.advance(100);
    expect((await late).code).toBe('attempt_timeout');
  });

  it('tells the work why it ends', async () => {
    let inner: CancelSignal | undefined;
    const late = rejection(
      timeLimit(limit(), (signal) => {
        inner = signal;
        return never();
      }),
    );
    await clock.advance(99);
    expect(inner?.aborted).toBe(false);
    await clock.advance(1);
    expect(inner?.reason).toBe(await late);
  });

  it('settles at once when the outer signal fires, even if the work ignores its signal', async () => {
    const outer = new AbortController();
    const early = rejection(timeLimit(limit(outer.signal), never));
    outer.abort();
    expect(await early).toMatchObject({ code: 'cancelled', operation: 'GET /a' });
  });

  it('does not start the work when the outer signal has fired already', async () => {
    let hasStarted = false;
    const work = async () => {
      hasStarted = true;
    };
    expect((await rejection(timeLimit(limit(AbortSignal.abort()), work))).code).toBe('cancelled');
    expect(hasStarted).toBe(false);
  });

  it('hands on the reason of the outer signal, whenever that fired', async () => {
    const reason = someError('deadline_exceeded');
    expect(await rejection(timeLimit(limit(AbortSignal.abort(reason)), never))).toBe(reason);
    const outer = new AbortController();
    const early = rejection(timeLimit(limit(outer.signal), never));
    outer.abort(reason);
    expect(await early).toBe(reason);
  });

  const ends: Record<string, (outer: AbortController) => Promise<unknown>> = {
    'the work succeeds': (outer) => timeLimit(limit(outer.signal), async () => 'done'),
    'the work fails': (outer) => timeLimit(limit(outer.signal), () => Promise.reject(someError())),
    'the work throws at once': (outer) =>
      timeLimit(limit(outer.signal), () => {
        throw someError();
      }),
    'the time is up': (outer) => {
      const late = timeLimit(limit(outer.signal), never);
      void clock.advance(100);
      return late;
    },
    'the outer signal fires': (outer) => {
      const early = timeLimit(limit(outer.signal), never);
      outer.abort();
      return early;
    },
    'the outer signal has fired': (outer) => {
      outer.abort();
      return timeLimit(limit(outer.signal), never);
    },
  };
  it.each(Object.entries(ends))('leaves no timer and no listener behind when %s', async (_, end) => {
    const outer = new AbortController();
    await end(outer).catch(() => {});
    expect(getEventListeners(outer.signal, 'abort')).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  it('is silent about work that fails after it was given up', async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const late = rejection(timeLimit(limit(), () => promise));
    await clock.advance(100);
    reject(new Error('too late'));
    await settled();
    expect(await late).toMatchObject({ code: 'attempt_timeout' });
  });
});

describe('sleep', () => {
  it('waits its time', async () => {
    let isAwake = false;
    const outer = new AbortController();
    void sleep(clock, 50, outer.signal, 'GET /a').then(() => {
      isAwake = true;
    });
    await clock.advance(49);
    expect(isAwake).toBe(false);
    await clock.advance(1);
    expect(isAwake).toBe(true);
    expect(getEventListeners(outer.signal, 'abort')).toHaveLength(0);
  });

  it('ends at once, with the reason, when the signal fires', async () => {
    const outer = new AbortController();
    const woken = rejection(sleep(clock, 50, outer.signal, 'GET /a'));
    const reason = someError('deadline_exceeded');
    outer.abort(reason);
    expect(await woken).toBe(reason);
    expect(clock.pending).toBe(0);
    expect(await rejection(sleep(clock, 50, outer.signal, 'GET /a'))).toBe(reason);
    expect(clock.pending).toBe(0);
  });
});
