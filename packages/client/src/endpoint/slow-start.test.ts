import { describe, expect, it } from '@jest/globals';
import { slowStartShare } from './slow-start.ts';

describe('slowStartShare', () => {
  it.each([
    [0, 0.1],
    [900, 0.1],
    [5_000, 0.5],
    [9_999, 0.9999],
    [10_000, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])('is, %d ms after the start, %d', (sinceMs, share) => {
    expect(slowStartShare(sinceMs, 10_000)).toBe(share);
  });

  it('is all at once where it is off', () => {
    expect(slowStartShare(0, 0)).toBe(1);
  });
});
