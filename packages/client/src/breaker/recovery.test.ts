import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  admits,
  breaker,
  clock,
  fail,
  halfOpen,
  options,
  permit,
  states,
  succeed,
} from '../../test-fixtures/breaker.ts';
import { someError } from '../../test-fixtures/sample.ts';
import { settled } from '../testing/virtual-clock.ts';

describe('an open circuit', () => {
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

  it('closes after a successful probe, opens again after a failed probe', async () => {
    await halfOpen();
    await fail(1);
    expect(breaker.state).toBe('open');
    await clock.advance(2_000);
    await succeed();
    expect(breaker.state).toBe('closed');
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  describe('half-open, with several probes', () => {
    beforeEach(() => {
      options.circuitProbes = 5;
    });

    it('lets this number of probes through, and closes when all have succeeded', async () => {
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

    it('lets another probe through for a probe that did not count', async () => {
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
});
