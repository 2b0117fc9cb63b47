import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LatencyHistogram } from './latency-histogram.ts';

const widthOfABucket = 2 ** (1 / 8);

let histogram: LatencyHistogram;
beforeEach(() => {
  histogram = new LatencyHistogram();
});

describe('LatencyHistogram', () => {
  it('gives a percentile that is at most one bucket too high, and never too low', () => {
    const latencies = fc.array(fc.double({ min: 1, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 300 });
    const property = fc.property(latencies, fc.double({ min: 0.01, max: 1, noNaN: true }), (latencies, share) => {
      const histogram = new LatencyHistogram();
      for (const ms of latencies) histogram.record(ms);
      const sorted = latencies.toSorted((a, b) => a - b);
      // Where the share is a hair from the boundary between two latencies, either of them is its percentile.
      const exact = (hair: number) => {
        const place = Math.ceil(share * sorted.length + hair) - 1;
        return sorted[Math.min(Math.max(0, place), sorted.length - 1)] ?? 0;
      };
      const given = histogram.percentile(share);
      expect(given).toBeGreaterThanOrEqual(exact(-1e-6) * (1 - 1e-9));
      expect(given).toBeLessThanOrEqual(exact(1e-6) * widthOfABucket * (1 + 1e-9));
    });
    fc.assert(property, { examples: [[[1, ...Array.from({ length: 8 }, () => widthOfABucket)], 1 / 9 + 1e-9]] });
  });

  it('keeps its percentiles while all of it fades', () => {
    const property = fc.property(
      fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 50 }),
      fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { maxLength: 10 }),
      fc.constantFrom(0.5, 0.9, 0.99),
      (latencies, fading, share) => {
        const histogram = new LatencyHistogram();
        for (const ms of latencies) histogram.record(ms);
        const before = histogram.percentile(share);
        for (const part of fading) histogram.fade(part);
        expect(histogram.percentile(share)).toBe(before);
      },
    );
    fc.assert(property);
  });

  it('weighs what is new above what has faded', () => {
    for (let i = 0; i < 100; i++) histogram.record(1_000);
    histogram.fade(0.01);
    for (let i = 0; i < 100; i++) histogram.record(10);
    expect(histogram.total).toBeCloseTo(101);
    expect(histogram.percentile(0.98)).toBeLessThan(11);
  });

  it('takes anything below 1 ms for 1 ms, and anything beyond its end for its end', () => {
    for (const ms of [0, -5, 0.001]) histogram.record(ms);
    expect(histogram.percentile(1)).toBe(1);
    histogram.record(Number.MAX_VALUE);
    expect(histogram.percentile(1)).toBe(2 ** 22);
  });

  it('says 0 where nothing is recorded', () => {
    expect(histogram.percentile(0.99)).toBe(0);
  });
});
