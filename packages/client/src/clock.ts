import { now } from '@parley/contract';

/** Where layers get the time from, so that a test can drive them all through hours in no time. */
export interface Clock {
  /** Milliseconds since 1970 that never jump. */
  now(): number;
  /** Calls back once after `ms`; the returned function takes that back. */
  after(ms: number, callback: () => void): () => void;
}

/** The real time. */
export const systemClock: Clock = {
  now,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
