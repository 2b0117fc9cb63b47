import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decayMs, PeakEwma } from './peak-ewma.ts';

const measured = (ms: number): PeakEwma => {
  const average = new PeakEwma();
  average.record(ms, 0);
  return average;
};

describe('PeakEwma', () => {
  it('believes a peak at once', () => {
    const average = measured(10);
    average.record(500, 1);
    expect(average.at(1)).toBe(500);
  });

  it('comes down slowly', () => {
    const average = measured(500);
    average.record(10, decayMs);
    expect(average.at(decayMs)).toBeCloseTo(500 / Math.E + 10 * (1 - 1 / Math.E), 6);
  });

  it('falls while nothing is measured', () => {
    expect(measured(500).at(decayMs)).toBeCloseTo(500 / Math.E, 6);
  });

  it('stays between the lowest and the highest of what was measured, whatever comes', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 60_000 })), {
      minLength: 1,
    });
    const property = fc.property(steps, (steps) => {
      const average = new PeakEwma();
      let now = 0;
      for (const [ms, passed] of steps) {
        now += passed;
        average.record(ms, now);
        expect(average.at(now)).toBeGreaterThanOrEqual(ms);
      }
      expect(average.at(now)).toBeLessThanOrEqual(Math.max(...steps.map(([ms]) => ms)) + 1e-6);
    });
    fc.assert(property);
  });

  it('takes an attempt that was given up for a lower bound', () => {
    const average = measured(100);
    average.recordAtLeast(1, 0);
    expect(average.at(0)).toBe(100);
    average.recordAtLeast(300, 0);
    expect(average.at(0)).toBe(300);
  });

  it('knows nothing after attempts that were given up alone', () => {
    const average = new PeakEwma();
    average.recordAtLeast(300, 0);
    expect([average.isKnown, average.at(0)]).toEqual([false, 300]);
  });

  it('takes a first failure for all there is to know', () => {
    const average = new PeakEwma();
    average.charge(5_000, 1, 0);
    expect([average.isKnown, average.at(0)]).toEqual([true, 5_000]);
  });

  it('hardly moves for one failure among many, and reaches its cost when there is nothing else', () => {
    const average = measured(5);
    average.charge(5_000, 1, 2);
    expect(average.at(2)).toBeLessThan(7);
    for (let now = 4; now <= 30_000; now += 2) average.charge(5_000, 1, now);
    expect(average.at(30_000)).toBeGreaterThan(4_500);
  });

  it('takes a slow failure for as slow as it was', () => {
    const average = measured(5);
    average.charge(5_000, 2_000, 0);
    expect(average.at(0)).toBe(2_000);
  });

  it('is not confused by a clock that stands still or goes back', () => {
    const average = new PeakEwma();
    average.record(10, 1_000);
    expect(average.at(0)).toBe(10);
    average.record(5, 0);
    expect(average.at(0)).toBe(10);
  });

  it('forgets', () => {
    const average = measured(500);
    average.forget();
    expect([average.isKnown, average.at(0)]).toEqual([false, 0]);
  });
});
