import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { holding, someError } from '../../test-fixtures/sample.ts';
import type { CircuitState } from '../telemetry/telemetry.ts';
import { settled, VirtualClock } from '../testing/virtual-clock.ts';
import type { CircuitBreakerOptions } from './circuit.ts';
import { windowBuckets } from './circuit.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { Permit } from './failure-detector.ts';

let clock: VirtualClock;
let rotation: EventEmitter;
let options: { -readonly [Name in keyof CircuitBreakerOptions]: CircuitBreakerOptions[Name] };
let breaker: CircuitBreaker;
let states: CircuitState[];
beforeEach(() => {
  clock = new VirtualClock();
  rotation = new EventEmitter();
  states = [];
  options = {
    circuitWindowMs: 10_000,
    circuitMinCalls: 10,
    circuitFailureRatio: 0.5,
    circuitConsecutiveFailures: 1_000,
    circuitSlowCallMs: Number.POSITIVE_INFINITY,
    circuitSlowRatio: 0.8,
    circuitOpenMs: 1_000,
    circuitMaxOpenMs: 30_000,
    circuitProbes: 1,
    clock,
    random: () => 1, // of the time that is random, all
  };
  breaker = new CircuitBreaker(holding(options), rotation, (state) => states.push(state));
});
afterEach(() => {
  breaker.close();
});

/** An attempt would be let through now. */
function admits(one = breaker): boolean {
  return one.availability === 'available' || one.availability === 'probe-wanted';
}

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
  await clock.advance(1_000);
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
    options.circuitFailureRatio = 0.99;
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
    expect([admits(), breaker.acquire()]).toEqual([false, undefined]);
    await clock.advance(999);
    expect(admits()).toBe(false);
    await clock.advance(1);
    expect(admits()).toBe(true);
    expect(breaker.acquire()).toBeDefined();
    expect([admits(), breaker.acquire()]).toEqual([false, undefined]);
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
    await clock.advance(2_000);
    await succeed();
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  it('opens after so many gateway failures in a row, whatever their share', async () => {
    options.circuitConsecutiveFailures = 5;
    await succeed(1_000);
    await fail(4);
    await succeed();
    await fail(4);
    expect(breaker.state).toBe('closed');
    await fail(1);
    expect(breaker.state).toBe('open');
  });

  it('counts once what was under way at the same time: one connection that breaks is no outage', async () => {
    options.circuitConsecutiveFailures = 3;
    options.circuitMinCalls = 1_000;
    for (let i = 0; i < 2; i++) {
      for (const each of Array.from({ length: 50 }, permit)) each.fail();
    }
    expect(breaker.state).toBe('closed');
    await fail(1);
    expect(breaker.state).toBe('open');
  });

  it('counts failures in the order in which they happened, however late it is told', () => {
    options.circuitConsecutiveFailures = 3;
    const held = Array.from({ length: 3 }, () => {
      const one = permit();
      one.withhold();
      return one;
    });
    for (const one of held.slice(0, 2)) one.fail();
    expect(breaker.state).toBe('closed');
    held[2]?.fail();
    expect(breaker.state).toBe('open');
  });

  it('takes a 500 for an answer: it breaks the row, but counts for the share', async () => {
    options.circuitConsecutiveFailures = 5;
    for (let i = 0; i < 9; i++) permit().fail(someError(i % 5 === 4 ? 'internal' : 'unavailable'));
    expect(breaker.state).toBe('closed');
    permit().fail(someError('internal'));
    expect(breaker.state).toBe('open');
  });

  it('goes by what the options say when it counts', async () => {
    await fail(9);
    options.circuitMinCalls = 3;
    await fail(2);
    expect(breaker.state).toBe('closed'); // counting began anew
    await fail(1);
    expect(breaker.state).toBe('open');
  });

  describe('half-open, with several probes', () => {
    beforeEach(() => {
      options.circuitProbes = 5;
    });

    it('lets so many through, and closes when all have succeeded', async () => {
      await halfOpen();
      const probes = Array.from({ length: 5 }, permit);
      expect(breaker.acquire()).toBeUndefined();
      for (const probe of probes.slice(1)) probe.succeed();
      await settled();
      expect([breaker.state, admits()]).toEqual(['half-open', false]);
      probes[0]?.succeed();
      await settled();
      expect(breaker.state).toBe('closed');
    });

    it('takes probes one after the other too', async () => {
      await halfOpen();
      await succeed(4);
      expect(breaker.state).toBe('half-open');
      await succeed();
      expect(breaker.state).toBe('closed');
    });

    it('opens when one fails, and takes nothing from those that end later', async () => {
      await halfOpen();
      const [first, ...others] = Array.from({ length: 5 }, permit);
      first?.fail();
      expect(breaker.state).toBe('open');
      for (const probe of others) probe.succeed();
      await clock.advance(2_000);
      expect(breaker.state).toBe('half-open');
      await succeed(4);
      expect(breaker.state).toBe('half-open');
    });

    it('lets another through for one that said nothing', async () => {
      await halfOpen();
      const probes = Array.from({ length: 5 }, permit);
      probes[0]?.release();
      expect(breaker.acquire()).toBeDefined();
      expect(breaker.acquire()).toBeUndefined();
    });
  });

  describe('backoff', () => {
    /** Opens it by a failed probe again and again, and gives how long it was open each time. */
    async function openTimes(times: number): Promise<number[]> {
      const openMs: number[] = [];
      await fail(10);
      for (let i = 0; i < times; i++) {
        const since = clock.now();
        while (!admits()) await clock.advance(250);
        openMs.push(clock.now() - since);
        await fail(1);
      }
      return openMs;
    }

    it('doubles the time with each re-opening, up to circuitMaxOpenMs', async () => {
      expect(await openTimes(7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    });

    it('leaves half of the time to chance', async () => {
      options.random = () => 0;
      expect(await openTimes(3)).toEqual([500, 1_000, 2_000]);
    });

    it('begins at the base again after it stayed closed for a window, not before', async () => {
      await openTimes(3);
      await clock.advance(8_000);
      await succeed();
      await clock.advance(9_999);
      expect(await openTimes(1)).toEqual([16_000]);
      await clock.advance(30_000);
      await succeed();
      await clock.advance(10_000);
      expect(await openTimes(2)).toEqual([1_000, 2_000]);
    });

    it('waits for Retry-After at least, but no longer than 300 s', async () => {
      options.circuitMinCalls = 1;
      permit().fail(someError('unavailable', { retryAfterMs: 60_000 }));
      await clock.advance(59_999);
      expect(breaker.state).toBe('open');
      await clock.advance(1);
      permit().fail(someError('unavailable', { retryAfterMs: 9_999_000 }));
      await clock.advance(299_999);
      expect(breaker.state).toBe('open');
      await clock.advance(1);
      await fail(1); // says no time
      await clock.advance(4_000);
      expect(breaker.state).toBe('half-open');
    });
  });

  describe('slow answers', () => {
    beforeEach(() => {
      options.circuitSlowCallMs = 100;
    });

    async function answer(ms: number, times = 1): Promise<void> {
      const permits = Array.from({ length: times }, permit);
      await clock.advance(ms);
      for (const permit of permits) permit.succeed();
      await settled();
    }

    it('open it above circuitSlowRatio, not at it', async () => {
      await answer(100, 2);
      await answer(101, 8);
      expect(breaker.state).toBe('closed');
      await answer(101);
      expect(breaker.state).toBe('open');
    });

    it('are no opinion before circuitMinCalls', async () => {
      await answer(5_000, 9);
      expect(breaker.state).toBe('closed');
    });

    it('are forgotten with the window', async () => {
      await answer(101, 9);
      for (let i = 0; i < windowBuckets; i++) rotation.emit('rotate');
      await answer(101, 9);
      expect(breaker.state).toBe('closed');
    });

    it('open it again where the probes are as slow, and not where one of five is', async () => {
      options.circuitProbes = 5;
      await answer(101, 10);
      await clock.advance(1_000);
      await answer(101, 5);
      expect(breaker.state).toBe('open');
      await clock.advance(2_000);
      await answer(101, 1);
      await answer(10, 4);
      expect(breaker.state).toBe('closed');
    });

    it('open it for no longer because an earlier failure asked for time', async () => {
      permit().fail(someError('unavailable', { retryAfterMs: 60_000 }));
      await answer(101, 10);
      await clock.advance(1_000);
      expect(breaker.state).toBe('half-open');
    });

    it('count for nothing where nobody says what is slow', async () => {
      options.circuitSlowCallMs = Number.POSITIVE_INFINITY;
      const now = jest.spyOn(clock, 'now');
      await answer(60_000, 100);
      expect(breaker.state).toBe('closed');
      const asked = now.mock.calls.length;
      await succeed(100);
      expect(now.mock.calls.length).toBe(asked);
    });

    it('leave nothing behind after close()', async () => {
      await answer(101);
      breaker.close();
      expect(rotation.listenerCount('rotate')).toBe(0);
    });
  });

  describe('forced by an operator', () => {
    it('lets nothing through while forced open, however long', async () => {
      breaker.forceOpen();
      await clock.advance(3_600_000);
      expect([breaker.state, admits(), breaker.acquire()]).toEqual(['forced-open', false, undefined]);
      expect(clock.pending).toBe(0);
    });

    it('lets everything through while forced closed, and counts nothing', async () => {
      await fail(10);
      breaker.forceClose();
      await fail(1_000);
      expect([breaker.state, admits()]).toEqual(['forced-closed', true]);
      await clock.advance(60_000);
      breaker.auto();
      await fail(9);
      expect(breaker.state).toBe('closed');
      breaker.forceClose();
      await fail(1_000);
      expect(states).toEqual(['open', 'forced-closed', 'closed', 'forced-closed']);
    });

    it('decides by probes after it was forced open', async () => {
      breaker.forceOpen();
      breaker.auto();
      expect(breaker.state).toBe('half-open');
      await succeed();
      expect(breaker.state).toBe('closed');
    });

    it('learns nothing from attempts that began before', async () => {
      const early = Array.from({ length: 20 }, permit);
      breaker.forceClose();
      breaker.auto();
      for (const permit of early) permit.fail();
      expect(breaker.state).toBe('closed');
    });

    it('tells of each change once', async () => {
      breaker.auto();
      breaker.forceOpen();
      breaker.forceOpen();
      breaker.forceClose();
      breaker.auto();
      expect(states).toEqual(['forced-open', 'forced-closed', 'closed']);
    });

    it('is not opened again by force after close()', () => {
      breaker.close();
      breaker.forceClose();
      expect(admits()).toBe(false);
    });
  });

  it('is never stuck: whatever happened, an endpoint that works is closed again after a while', async () => {
    const step = fc.constantFrom('fail', 'succeed', 'release', 'hold', 'wait', 'force', 'auto');
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const one = new CircuitBreaker(holding({ ...options, circuitProbes: 3, circuitMinCalls: 3 }), rotation, () => {});
      const held: Permit[] = [];
      for (const step of steps) {
        if (step === 'wait') await clock.advance(1_500);
        else if (step === 'force') one.forceOpen();
        else if (step === 'auto') one.auto();
        else {
          const permit = one.acquire();
          if (step === 'hold') held.push(...(permit ? [permit] : []));
          else permit?.[step]();
        }
      }
      one.auto();
      for (const permit of held) permit.release();
      await clock.advance(30_000);
      for (let i = 0; i < 3; i++) one.acquire()?.succeed();
      await settled();
      expect(one.state).toBe('closed');
      one.close();
    });
    await fc.assert(property, { numRuns: 100 });
    expect(clock.pending).toBe(0);
  });

  it('lets what is forced through, and learns nothing from it', async () => {
    await fail(10);
    breaker.acquire(true)?.succeed();
    await settled();
    expect(breaker.state).toBe('open');
    await clock.advance(1_000);
    const probe = breaker.acquire(true); // the probe first
    breaker.acquire(true)?.fail();
    expect(breaker.state).toBe('half-open');
    probe?.succeed();
    await settled();
    expect(breaker.state).toBe('closed');
    breaker.close();
    expect(breaker.acquire(true)).toBeUndefined();
  });

  it('opens when it is told to, and comes back as ever', async () => {
    breaker.eject();
    breaker.eject();
    expect([breaker.state, breaker.acquire()]).toEqual(['open', undefined]);
    await clock.advance(1_000);
    await succeed();
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('has its probe at once when it is told to, and judges by that', async () => {
    breaker.readmit();
    expect(breaker.state).toBe('closed');
    await fail(10);
    breaker.readmit();
    expect(breaker.state).toBe('half-open');
    await fail(1);
    expect(breaker.state).toBe('open');
    breaker.readmit();
    await succeed();
    expect(breaker.state).toBe('closed');
    expect(rotation.listenerCount('rotate')).toBe(1);
    breaker.close();
    breaker.readmit();
    expect(admits()).toBe(false);
  });

  // Each of these is something that opossum does when it runs the calls itself.
  describe('where opossum alone errs', () => {
    it('is not tripped by attempts that it refuses', async () => {
      await fail(10);
      for (let i = 0; i < 1_000; i++) expect(breaker.acquire()).toBeUndefined();
      await clock.advance(1_000);
      await succeed();
      await fail(9);
      expect(breaker.state).toBe('closed');
    });

    it('is neither closed nor opened by a probe that says nothing', async () => {
      await halfOpen();
      permit().release();
      await settled();
      expect(breaker.state).toBe('half-open');
      expect(admits()).toBe(true);
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
      expect(admits()).toBe(false);
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
        await clock.advance(10_000);
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
      const one = new CircuitBreaker(holding(frozen), rotation, () => {});
      expect(Object.keys(frozen)).toEqual(Object.keys(options));
      one.close();
    });

    it('has no timer and no listener left after close(), in whatever state', async () => {
      await fail(10);
      expect(clock.pending).toBe(1);
      breaker.close();
      expect(clock.pending).toBe(0);
      expect(rotation.listenerCount('rotate')).toBe(0);
    });

    it('stays shut after close(), whatever ends late', async () => {
      const early = permit();
      breaker.close();
      early.fail();
      await settled();
      await clock.advance(60_000);
      expect([admits(), breaker.acquire()]).toEqual([false, undefined]);
      expect(states).toEqual([]);
    });
  });
});
