import { gradientOf, gradientStep, isLimitTested } from '@parley/contract';

/** The load as one window has measured it. */
export interface LoadWindow {
  /** How many times slower than usual requests were; nothing where there were none. */
  readonly slowdown: number | undefined;
  /** How long what is ready waits for the event loop, in ms. */
  readonly loopDelayMs: number;
  /** The most requests in flight at once. */
  readonly peakInFlight: number;
}

/** How many requests may be in flight. */
export interface Limit {
  readonly current: number;
  /** Learns from a window that is over. */
  update(window: LoadWindow): void;
}

/** From this delay on, in ms, more work at once only waits for the event loop. */
const saturatedMs = 100;
/** Windows in a row that must be saturated: in one alone the CPU may be busy with another process that starts. */
const saturatedWindows = 3;
/** Where the limit begins. High, and it comes down within a second: too low a one would refuse what is no overload. */
export const initialLimit = 200;
const min = 20;
const max = 1000;

/**
 * A limit that follows what the service can take: Netflix' Gradient2 (github.com/Netflix/concurrency-limits), tightened
 * by the delay of the event loop, since Node has no queue of requests whose length would tell. Differs from it by growing
 * a tenth per window while nothing is slow: there a step comes with each request, here with a window of many.
 */
export function adaptiveLimit(): Limit {
  let current = initialLimit;
  let saturated = 0;
  return {
    get current() {
      return current;
    },
    update({ slowdown = 1, loopDelayMs, peakInFlight }) {
      saturated = loopDelayMs > saturatedMs ? saturated + 1 : 0;
      if (saturated >= saturatedWindows) {
        // No smoothing: this number of long turns is no chance, and long turns leave few windows.
        current = within(Math.min(current, peakInFlight) * Math.max(0.5, saturatedMs / loopDelayMs));
        return;
      }
      // So few requests say nothing of how many would be too many.
      if (!isLimitTested(current, peakInFlight)) return;
      const gradient = gradientOf(slowdown);
      const queue = gradient === 1 ? current / 2 : Math.sqrt(current);
      current = within(gradientStep(current, gradient, queue));
    },
  };
}

function within(limit: number): number {
  return Math.max(min, Math.min(max, limit));
}

/** A limit that stays as it is. Infinity: none. */
function fixedLimit(current: number): Limit {
  return { current, update() {} };
}

/**
 * The limit that `maxInFlight` asks for.
 *
 * @throws TypeError unless it is `adaptive` or a whole number from 1 up
 */
export function limitOf(maxInFlight: number | 'adaptive'): Limit {
  if (maxInFlight === 'adaptive') return adaptiveLimit();
  const isCount = Number.isInteger(maxInFlight) || maxInFlight === Number.POSITIVE_INFINITY;
  if (isCount && maxInFlight >= 1) return fixedLimit(maxInFlight);
  throw new TypeError(
    `maxInFlight must be 'adaptive', a whole number from 1 up, or Infinity for no limit, not ${String(maxInFlight)}`,
  );
}
