/** How many endpoints may be out of choice. */
export interface EjectionLimitOptions {
  /** Largest share of the endpoints that may be ejected. Above it all are used (panic), whatever their circuits say. */
  readonly maxEjectedRatio: number;
}

/**
 * More endpoints are ejected than may be: what looks like their fault is more likely the caller's own, and those that
 * are left would break down under the load of all. Envoy and Finagle call this panic. A single endpoint is never in
 * panic: there is nobody to protect from its load, and leaving it alone lets it recover.
 */
export function isPanic(ejected: number, count: number, { maxEjectedRatio }: EjectionLimitOptions): boolean {
  return count > 1 && ejected > count * maxEjectedRatio;
}
