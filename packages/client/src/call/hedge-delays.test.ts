import { beforeEach, describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { HedgeDelays } from './hedge-delays.ts';

let clock: VirtualClock;
let delays: HedgeDelays;
beforeEach(() => {
  clock = new VirtualClock();
  delays = new HedgeDelays(clock);
});

function record(count: number, ms: number, operation = 'GET /a'): void {
  for (let i = 0; i < count; i++) delays.record(operation, ms);
}

describe('HedgeDelays', () => {
  it('knows none before there are enough latencies for the ratio, and 20 at least', async () => {
    record(100, 10);
    await clock.advance(3_000); // 100 have faded to 90 by then
    expect(delays.after('GET /a', 0.01)).toBeUndefined();
    record(11, 10);
    await clock.advance(3_000);
    expect(delays.after('GET /a', 0.01)).toBeUndefined();
    record(20, 10);
    await clock.advance(3_000);
    expect(delays.after('GET /a', 0.01)).toBeCloseTo(10.4, 1);
    record(20, 10, 'GET /b');
    await clock.advance(3_000);
    expect(delays.after('GET /b', 0.5)).toBeUndefined();
  });

  it('gives the time that all but a share of the ratio stay within', async () => {
    record(950, 10);
    record(50, 100);
    await clock.advance(3_000);
    expect(delays.after('GET /a', 0.04)).toBeCloseTo(107.6, 1);
    await clock.advance(3_000);
    expect(delays.after('GET /a', 0.06)).toBeCloseTo(10.4, 1);
  });

  it('is worked out anew every 3 s', async () => {
    record(200, 10);
    await clock.advance(3_000);
    expect(delays.after('GET /a', 0.01)).toBeCloseTo(10.4, 1);
    record(200, 500);
    await clock.advance(2_999);
    expect(delays.after('GET /a', 0.01)).toBeCloseTo(10.4, 1);
    await clock.advance(1);
    expect(delays.after('GET /a', 0.01)).toBeGreaterThan(500);
  });

  it('forgets what was long ago', async () => {
    record(1_000, 10);
    await clock.advance(3_000);
    expect(delays.after('GET /a', 0.01)).toBeDefined();
    await clock.advance(120_000);
    expect(delays.after('GET /a', 0.01)).toBeUndefined();
  });

  it('is at least 1 ms', async () => {
    record(200, 0.05);
    await clock.advance(3_000);
    expect(delays.after('GET /a', 0.01)).toBe(1);
  });

  it('keeps operations apart, and remembers no more than 200: the one least recently called is forgotten', async () => {
    record(200, 10, 'GET /often');
    for (let i = 0; i < 199; i++) record(200, 500, `GET /things/${i}`);
    await clock.advance(3_000);
    expect(delays.after('GET /often', 0.01)).toBeCloseTo(10.4, 1);
    record(200, 500, 'GET /one-more');
    expect(delays.after('GET /often', 0.01)).toBeCloseTo(10.4, 1);
    expect(delays.after('GET /things/0', 0.01)).toBeUndefined();
    expect(delays.after('GET /things/1', 0.01)).toBeGreaterThan(500);
  });
});
