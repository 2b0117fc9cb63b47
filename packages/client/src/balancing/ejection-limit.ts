import type { UpstreamOptions } from '../options/upstream-options.ts';
/** How many endpoints may be out of choice. */
export type EjectionLimitOptions = Pick<UpstreamOptions, 'maxEjectedRatio'>;

/**
 * Whether more endpoints are ejected than `maxEjectedRatio` allows. The fault is more likely the caller's then, and the
 * remaining endpoints would break down under the whole load. Envoy and Finagle call this panic. A single endpoint is
 * never in panic: no other endpoint would suffer from its load, and a pause lets it recover.
 */
export function isPanic(ejected: number, count: number, { maxEjectedRatio }: EjectionLimitOptions): boolean {
  return count > 1 && ejected > count * maxEjectedRatio;
}
