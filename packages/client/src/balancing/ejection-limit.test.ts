import { describe, expect, it } from '@jest/globals';
import { isPanic } from './ejection-limit.ts';

describe('isPanic', () => {
  it.each([
    [1, 1, 0.5, false], // a single one is left alone
    [1, 2, 0.5, false],
    [2, 2, 0.5, true],
    [2, 4, 0.5, false],
    [3, 4, 0.5, true],
    [2, 5, 0.5, false],
    [3, 5, 0.5, true],
    [5, 5, 1, false],
    [1, 5, 0, true],
    [0, 5, 0, false],
  ])('of %d ejected of %d, at most %d allowed, is %s', (ejected, count, maxEjectedRatio, expected) => {
    expect(isPanic(ejected, count, { maxEjectedRatio })).toBe(expected);
  });
});
