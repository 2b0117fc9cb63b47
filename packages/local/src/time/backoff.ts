/** How long to wait before a dead process is started again. */
export interface BackoffOptions {
  /** @default 100 */
  readonly firstMs?: number;
  /** @default 5_000 */
  readonly maxMs?: number;
  /** A process that lived this long starts over with the first wait. @default 10_000 */
  readonly resetAfterMs?: number;
}

/**
 * Gives the wait before each restart, doubling up to a maximum, from how long the process lived.
 * Scope: one per process.
 */
export function createBackoff(options: BackoffOptions = {}): (livedMs: number) => number {
  const { firstMs = 100, maxMs = 5_000, resetAfterMs = 10_000 } = options;
  let nextMs = firstMs;
  return function backoff(livedMs) {
    if (livedMs >= resetAfterMs) nextMs = firstMs;
    const waitMs = nextMs;
    nextMs = Math.min(nextMs * 2, maxMs);
    return waitMs;
  };
}
