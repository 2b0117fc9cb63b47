import { now } from '@parley/contract';

/** The source of time for all layers, so that a test can let hours pass at once. */
export interface Clock {
  /** Milliseconds since 1970 that never jump. They may differ from the wall clock, which is set while a process runs. */
  now(): number;
  /** Milliseconds since 1970 by the wall clock, to compare with dates of other hosts. Default: `now`. */
  wallNow?(): number;
  /**
   * Calls back once after `ms`; the returned function takes that back. `isBackground`: no call waits for it,
   * so it must not keep the process alive.
   */
  after(ms: number, callback: () => void, isBackground?: boolean): () => void;
}

/** Node's timers fire at once when asked for more. */
const longestMs = 2 ** 31 - 1;

/** The real time. */
export const systemClock: Clock = {
  now,
  wallNow: () => Date.now(),
  after(ms, callback, isBackground = false) {
    const timer = setTimeout(callback, Math.min(ms, longestMs));
    if (isBackground) timer.unref?.(); // in browsers it is a number
    return () => clearTimeout(timer);
  },
};
