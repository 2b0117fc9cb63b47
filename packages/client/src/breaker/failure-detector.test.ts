import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { breaker, clock, fail, options, permit, rotation, succeed } from '../../test-fixtures/breaker.ts';
import { someError } from '../../test-fixtures/sample.ts';
import { settled } from '../testing/virtual-clock.ts';
import { windowBuckets } from './circuit.ts';

describe('the failure detector', () => {
  it('opens after this number of gateway failures in a row, at any share', async () => {
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

  it('counts failures in the order in which they happened, even if reported late', () => {
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

    it('do not count without circuitSlowCallMs', async () => {
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
});
