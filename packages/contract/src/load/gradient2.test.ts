import { describe, expect, it } from '@jest/globals';
import { gradientOf, gradientStep, isLimitTested } from './gradient2.ts';

describe('gradientOf', () => {
  it.each([
    [0.1, 1],
    [1, 1],
    [1.5, 1],
    [2, 0.75],
    [3, 0.5],
    [100, 0.5],
    [Number.POSITIVE_INFINITY, 0.5],
  ])('of a slowdown of %d is %d', (slowdown, gradient) => {
    expect(gradientOf(slowdown)).toBe(gradient);
  });
});

describe('gradientStep', () => {
  it('goes a fifth of the way to the new limit', () => {
    expect(gradientStep(20, 1, 4)).toBeCloseTo(20.8);
    expect(gradientStep(200, 0.5, 4)).toBeCloseTo(180.8);
  });

  it('stays where the queue makes up for the gradient', () => {
    expect(gradientStep(100, 0.75, 25)).toBe(100);
  });
});

describe('isLimitTested', () => {
  it('needs half of the limit in use', () => {
    expect([9, 10, 30].map((inFlight) => isLimitTested(20, inFlight))).toEqual([false, true, true]);
  });
});
