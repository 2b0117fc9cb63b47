import type { UpstreamOptions } from '../options/upstream-options.ts';
/** How an endpoint that is new, or back from ejection, gets its share. */
export type SlowStartOptions = Pick<UpstreamOptions, 'slowStartMs'>;

const leastShare = 0.1;

/**
 * The part of its weight that an endpoint has after some time in use: caches, JIT and pools warm up before
 * the full load is there. Envoy's slow start with aggression 1: `max(10 %, t / window)`.
 */
export function slowStartShare(sinceMs: number, slowStartMs: number): number {
  if (sinceMs >= slowStartMs) return 1;
  return Math.max(leastShare, sinceMs / slowStartMs);
}
