/** A latency may rise by half before a limit falls. */
const tolerance = 1.5;
/** Weight of a new limit against the one before it. */
const smoothing = 0.2;

/**
 * How much of a limit stays, from 0.5 to 1: 1 up to a slowdown of 1.5, then 1.5 / slowdown. The client limits calls to an
 * upstream by it, the service limits requests. Netflix Gradient2 (`concurrency-limits`, `Gradient2Limit.java`).
 *
 * @param slowdown the latency of now divided by the usual one
 */
export function gradientOf(slowdown: number): number {
  // At most 1: the average lags behind. At least a half: one very late reply is no reason to refuse nearly everything.
  return Math.max(0.5, Math.min(1, tolerance / slowdown));
}

/**
 * The next limit: a fifth of the way from `limit` to `limit × gradient + queue`.
 *
 * @param queue how many requests may wait beyond what the gradient allows: by this number the limit tries to grow
 */
export function gradientStep(limit: number, gradient: number, queue: number): number {
  return limit + smoothing * (limit * gradient + queue - limit);
}

/** Whether at least half of a limit is in use. With less, latency does not show whether the limit is right. */
export function isLimitTested(limit: number, inFlight: number): boolean {
  return inFlight >= limit / 2;
}
