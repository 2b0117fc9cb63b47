import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../testing/seeded-random.ts';
import { backoff } from './backoff.ts';

describe('backoff', () => {
  const options = { backoffBaseMs: 50, backoffMaxMs: 1_000 };

  it('doubles its upper bound with each attempt, up to the maximum', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => backoff(options, attempt, 1));
    expect(bounds).toEqual([50, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
    expect(backoff({ backoffBaseMs: 0, backoffMaxMs: 0 }, 2_000, 0.5)).toBe(0);
  });

  it('stays within its bounds', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const property = fc.property(
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: 0, max: 600_000 }),
      fc.integer({ min: 1, max: 2_000 }),
      random,
      (base, extra, attempt, random) => {
        const ms = backoff({ backoffBaseMs: base, backoffMaxMs: base + extra }, attempt, random);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(base + extra);
        if (attempt === 1) expect(ms).toBeLessThanOrEqual(base);
      },
    );
    fc.assert(property);
  });

  it('spreads evenly from 0 to the bound: full jitter', () => {
    const random = seededRandom();
    const quarters = [0, 0, 0, 0];
    for (let i = 0; i < 4_000; i++) {
      const quarter = Math.floor(backoff(options, 3, random()) / 50);
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    for (const count of quarters) expect(Math.abs(count - 1_000)).toBeLessThan(100);
  });
});
