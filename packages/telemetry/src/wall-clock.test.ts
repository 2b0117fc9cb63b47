import { describe, expect, it } from '@jest/globals';
import { WallClock } from './wall-clock.ts';

describe('the wall clock', () => {
  it('follows another clock that drifts, and no jitter', () => {
    let [nowMs, wallMs] = [1000, 1005];
    const clock = new WallClock(
      () => nowMs,
      () => wallMs,
    );
    expect(clock.at(900)).toBe(900);
    [nowMs, wallMs] = [2000, 2500];
    expect(clock.at(1900)).toBe(2400);
    [nowMs, wallMs] = [3000, 3499];
    expect(clock.at(2900)).toBe(3400);
  });
});
