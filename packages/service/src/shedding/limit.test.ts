import { describe, expect, it } from '@jest/globals';
import { adaptiveLimit, limitOf } from './limit.ts';

const calm = { slowdown: 1, loopDelayMs: 1, peakInFlight: 0 };

/** A limit after windows that are alike; `peak` is a part of the limit. */
function after(windows: number, window: Partial<typeof calm>, peak = 1) {
  const limit = adaptiveLimit();
  for (let n = 0; n < windows; n++) limit.update({ ...calm, peakInFlight: limit.current * peak, ...window });
  return limit.current;
}

describe('adaptive limit', () => {
  it('grows to 1000 within three seconds where nothing gets slower', () => {
    expect(after(30, {})).toBe(1000);
  });

  it('stays where less than half of it is used', () => {
    expect(after(100, {}, 0.49)).toBe(200);
    expect(after(100, { slowdown: 9 }, 0.49)).toBe(200);
  });

  it('takes half as slow again for usual', () => {
    expect(after(1, { slowdown: 1.5 })).toBeGreaterThan(200);
    expect(after(1, { slowdown: 1.8 })).toBeLessThan(200);
  });

  it('comes down to 20 where requests get slower, by Gradient2', () => {
    // 200 × 0.8 + 0.2 × (200 × 1.5 / 2 + √200)
    expect(after(1, { slowdown: 2 })).toBeCloseTo(192.83, 2);
    expect(after(100, { slowdown: 4 })).toBeCloseTo(20, 0);
  });

  it('finds the number that a queue in the service takes', () => {
    // 60 at a time at 50 ms; whatever is beyond that waits.
    const limit = adaptiveLimit();
    for (let n = 0; n < 500; n++) {
      limit.update({ ...calm, peakInFlight: limit.current, slowdown: Math.max(1, limit.current / 60) });
    }
    expect(limit.current).toBeGreaterThan(60);
    expect(limit.current).toBeLessThan(130);
  });

  it('comes down to what a turn of 100 ms takes where the event loop is late for three windows', () => {
    const limit = adaptiveLimit();
    const late = { ...calm, loopDelayMs: 150, peakInFlight: 90 };
    limit.update(late);
    limit.update(late);
    expect(limit.current).toBe(200);
    limit.update(late);
    expect(limit.current).toBeCloseTo(60);
    limit.update({ ...calm, loopDelayMs: 100, peakInFlight: 25 });
    expect(limit.current).toBeCloseTo(60);
  });

  it('halves at most per window where the event loop is late, and stops at 20', () => {
    const limit = adaptiveLimit();
    const peaks = [0, 0, 200, 200, 1].map((peakInFlight) => {
      limit.update({ ...calm, loopDelayMs: 5000, peakInFlight });
      return limit.current;
    });
    expect(peaks).toEqual([200, 200, 100, 50, 20]);
  });

  it('learns nothing of speed from a window without requests', () => {
    const limit = adaptiveLimit();
    limit.update({ slowdown: undefined, loopDelayMs: 0, peakInFlight: 0 });
    expect(limit.current).toBe(200);
  });
});

describe('maxInFlight', () => {
  it('may be a number, which stays', () => {
    const limit = limitOf(7);
    limit.update({ slowdown: 9, loopDelayMs: 900, peakInFlight: 7 });
    expect(limit.current).toBe(7);
    expect(limitOf(Number.POSITIVE_INFINITY).current).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([0, -1, 1.5, Number.NaN, 'auto' as 'adaptive'])('may not be %p', (value) => {
    expect(() => limitOf(value)).toThrow(`maxInFlight must be 'adaptive', a whole number from 1 up, or Infinity`);
  });
});
