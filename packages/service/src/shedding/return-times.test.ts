import { describe, expect, it } from '@jest/globals';
import { ReturnTimes } from './return-times.ts';

/** Evenly spread numbers in [0, 1) that are the same on each run. */
function evenly() {
  let n = 0;
  return () => (n++ * 0.618_033_988_75) % 1;
}

describe('return times', () => {
  it('is a second before anything is measured', () => {
    expect(new ReturnTimes(evenly()).next({ nowMs: 0, inFlight: 50, perSecond: 0 })).toBe(1);
  });

  it('is what it takes to do what is in flight', () => {
    const times = new ReturnTimes(() => 0);
    expect(times.next({ nowMs: 0, inFlight: 200, perSecond: 50 })).toBe(4);
    expect(new ReturnTimes(() => 0).next({ nowMs: 0, inFlight: 1, perSecond: 50 })).toBe(1);
  });

  it('spreads a thousand refused requests at the rate at which requests complete', () => {
    const times = new ReturnTimes(evenly());
    const perSecond = 120;
    const waves = new Map<number, number>();
    for (let n = 0; n < 1000; n++) {
      const seconds = times.next({ nowMs: 0, inFlight: 20, perSecond });
      waves.set(seconds, (waves.get(seconds) ?? 0) + 1);
    }
    // The first second has those that would be 0, too.
    expect(Math.max(...[...waves].filter(([second]) => second > 1).map(([, count]) => count))).toBeLessThanOrEqual(
      perSecond * 1.2,
    );
    expect(waves.size).toBeGreaterThan(7);
  });

  it('gives times away again once they have passed', () => {
    const times = new ReturnTimes(() => 0);
    for (let n = 0; n < 100; n++) times.next({ nowMs: 0, inFlight: 10, perSecond: 20 });
    expect(times.next({ nowMs: 0, inFlight: 10, perSecond: 20 })).toBe(5);
    expect(times.next({ nowMs: 60_000, inFlight: 10, perSecond: 20 })).toBe(1);
  });

  it('is ten seconds at most, and not ten for all', () => {
    const times = new ReturnTimes(evenly());
    const told = Array.from({ length: 1000 }, () => times.next({ nowMs: 0, inFlight: 500, perSecond: 1 }));
    expect(Math.max(...told)).toBe(10);
    expect(new Set(told).size).toBeGreaterThan(4);
  });
});
