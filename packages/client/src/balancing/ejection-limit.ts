import type { UpstreamOptions } from '../options/upstream-options.ts';
/** How many endpoints may be out of choice. */
export type EjectionLimitOptions = Pick<UpstreamOptions, 'maxEjectedRatio'>;

/**
 * More endpoints are ejected than may be: what looks like their fault is more likely the caller's own, and those that
 * are left would break down under the load of all. Envoy and Finagle call this panic. A single endpoint is never in
 * panic: no other endpoint would suffer from its load, and leaving it alone lets it recover.
 */
export function isPanic(ejected: number, count: number, { maxEjectedRatio }: EjectionLimitOptions): boolean {
  return count > 1 && ejected > count * maxEjectedRatio;
}
