import { describe, expect, it } from '@jest/globals';
import { Slowdown } from './slowdown.ts';

const fast = { name: 'fast' };
const slow = { name: 'slow' };

function windows(slowdown: Slowdown, count: number, ...requests: (readonly [object, number])[]) {
  let last: number | undefined;
  for (let n = 0; n < count; n++) {
    for (const [kind, latencyMs] of requests) slowdown.record(kind, latencyMs);
    last = slowdown.endWindow();
  }
  return last;
}

describe('slowdown', () => {
  it('is one where requests take what they usually do', () => {
    expect(windows(new Slowdown(), 20, [fast, 100])).toBe(1);
  });

  it('tells how many times slower requests are', () => {
    const slowdown = new Slowdown();
    windows(slowdown, 20, [fast, 475]);
    expect(windows(slowdown, 1, [fast, 1000])).toBeCloseTo(2, 1);
  });

  it('takes a few ms more for what they are: turns of the event loop', () => {
    const slowdown = new Slowdown();
    windows(slowdown, 20, [fast, 0.2]);
    expect(windows(slowdown, 1, [fast, 25])).toBe(1);
    expect(windows(slowdown, 1, [fast, 60])).toBeGreaterThan(2);
  });

  it('takes a request that was given up for as slow as it was by then, and not for quick', () => {
    const slowdown = new Slowdown();
    slowdown.recordAtLeast(fast, 5_000);
    expect(slowdown.endWindow()).toBeUndefined();
    windows(slowdown, 20, [fast, 475]);
    slowdown.recordAtLeast(fast, 400);
    expect(slowdown.endWindow()).toBeUndefined();
    slowdown.recordAtLeast(fast, 1_000);
    expect(slowdown.endWindow()).toBeCloseTo(2, 1);
  });

  it('does not take more of the slow requests for a slowdown', () => {
    const slowdown = new Slowdown();
    windows(slowdown, 20, ...Array(99).fill([fast, 1] as const), [slow, 2000]);
    expect(windows(slowdown, 1, [fast, 1], ...Array(99).fill([slow, 2000] as const))).toBe(1);
  });

  it('takes the best of the first windows, so that a start under load is not for usual', () => {
    const slowdown = new Slowdown();
    windows(slowdown, 1, [fast, 900]);
    windows(slowdown, 1, [fast, 75]);
    expect(windows(slowdown, 8, [fast, 900])).toBeCloseTo(9);
  });

  it('gets used to what stays', () => {
    const slowdown = new Slowdown();
    windows(slowdown, 20, [fast, 100]);
    expect(windows(slowdown, 10, [fast, 1000])).toBeGreaterThan(5);
    expect(windows(slowdown, 2000, [fast, 1000])).toBeLessThan(1.1);
  });

  it('forgets a long overload soon', () => {
    const slowdown = new Slowdown();
    windows(slowdown, 20, [fast, 1000]);
    windows(slowdown, 50, [fast, 100]);
    expect(windows(slowdown, 1, [fast, 450])).toBeGreaterThan(1.5);
  });

  it('says nothing of a window without requests', () => {
    expect(new Slowdown().endWindow()).toBeUndefined();
  });
});
