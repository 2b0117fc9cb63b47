import { type Clock, systemClock } from '../src/time/clock.ts';

/** The real clock, set forward by a test. */
export function shiftedClock(): Clock & { shift(ms: number): void } {
  let shiftedMs = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + shiftedMs,
    shift(ms) {
      shiftedMs += ms;
    },
  };
}
