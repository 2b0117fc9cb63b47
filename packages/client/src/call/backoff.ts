import type { UpstreamOptions } from '../options/upstream-options.ts';
/** How long to wait between attempts. */
export type BackoffOptions = Pick<UpstreamOptions, 'backoffBaseMs' | 'backoffMaxMs'>;

/**
 * Spreads retries over time, so that callers that failed together do not come back together: full jitter,
 * `random × min(max, base × 2^(attempt − 1))`. Brooker, "Exponential Backoff And Jitter", AWS 2015.
 *
 * @param attempt the attempt that failed, 1 for the first
 * @param random a number in [0, 1)
 */
export function backoff({ backoffBaseMs, backoffMaxMs }: BackoffOptions, attempt: number, random: number): number {
  const doublings = Math.min(attempt - 1, 30); // a base of 0 times 2 ** 1024, infinity, would be no number
  return random * Math.min(backoffMaxMs, backoffBaseMs * 2 ** doublings);
}
