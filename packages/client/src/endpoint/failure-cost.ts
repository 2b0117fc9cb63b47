import type { CallError } from '@parley/contract';

/** What a failure costs where the server did not say how long to stay away. Linkerd's load biaser. */
const usualMs = 5_000;
/** The longest `Retry-After` that is believed. Linkerd's load biaser. */
const longestMs = 300_000;

/**
 * The latency, in ms, that a failure of an endpoint stands for: `Retry-After`, else 5 s. Without it a replica that
 * fails within a millisecond would look like the fastest of all and draw the traffic.
 */
export function failureCostMs({ retryAfterMs }: CallError): number {
  return retryAfterMs === undefined ? usualMs : Math.min(retryAfterMs, longestMs);
}
