import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GradientLimit } from './gradient-limit.ts';

let gradient: GradientLimit;
beforeEach(() => {
  gradient = new GradientLimit();
});

function record(count: number, ms: number, inFlight = () => gradient.limit): void {
  for (let i = 0; i < count; i++) gradient.record(ms, inFlight());
}

describe('GradientLimit', () => {
  it('starts at 20, and grows to 200 while calls take no longer', () => {
    expect(gradient.limit).toBe(20);
    record(1, 10);
    expect(gradient.limit).toBe(20); // 20 × 0.8 + (20 + 4) × 0.2 = 20.8
    record(1, 10);
    expect(gradient.limit).toBe(21);
    record(1_000, 10);
    expect(gradient.limit).toBe(200);
  });

  it('does not grow while less than half of it is used', () => {
    record(1_000, 10, () => 9);
    expect(gradient.limit).toBe(20);
    record(10, 10, () => 10);
    expect(gradient.limit).toBe(20);
    record(1, 10, () => 20);
    expect(gradient.limit).toBeGreaterThanOrEqual(20);
  });

  it('falls when calls take longer than half as long again, and not before', () => {
    record(1_000, 10);
    record(5, 14);
    expect(gradient.limit).toBe(200);
    record(5, 40);
    // each time to 0.8 + 0.2 × 0.5 at the most: 200 → 180.8 → 163.5 → …
    expect(gradient.limit).toBeGreaterThan(110);
    expect(gradient.limit).toBeLessThan(140);
  });

  it('loses no more than a tenth by one call that was very late', () => {
    record(1_000, 10);
    record(1, 60_000);
    expect(gradient.limit).toBe(180);
  });

  it('comes back when calls are quick again after a long time of too much load', () => {
    record(1_000, 10);
    record(2_000, 200);
    record(400, 10);
    expect(gradient.limit).toBe(200);
  });

  it('stays from 20 to 200, and whole, whatever calls take', () => {
    const sample = fc.tuple(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.integer({ min: 1, max: 400 }));
    const property = fc.property(fc.array(sample, { maxLength: 200 }), (samples) => {
      const gradient = new GradientLimit();
      for (const [ms, inFlight] of samples) {
        gradient.record(ms, inFlight);
        expect(gradient.limit).toBeGreaterThanOrEqual(20);
        expect(gradient.limit).toBeLessThanOrEqual(200);
        expect(Number.isInteger(gradient.limit)).toBe(true);
      }
    });
    fc.assert(property);
  });

  it('takes for usual what has lasted: it answers to changes, and 200 is the bound of the rest', () => {
    record(1_000, 10);
    record(100, 40);
    expect(gradient.limit).toBe(20);
    record(2_000, 40);
    expect(gradient.limit).toBe(200);
  });
});
