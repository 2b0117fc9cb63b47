import type { ClientLimits } from '../table/client-limits.ts';

/** Bounds how many requests each client sends. */
export interface RequestRate {
  /** Counts a request. False where it is one too many, which counts for nothing. */
  take(network: string): boolean;
  /** How many clients are remembered. */
  readonly clients: number;
}

/** Clients that are remembered; the one that has been silent longest is forgotten first. */
const mostClients = 16_384;

interface Bucket {
  /** Requests that had not leaked at that time, the last one included. */
  level: number;
  atMs: number;
}

/**
 * A leaky bucket for each client, as nginx' `limit_req` with `nodelay`: each request adds one to the bucket, which leaks
 * `requestsPerSecond` and holds one request and `burst` more. A bucket that has leaked empty is forgotten. Scope: one per gateway.
 *
 * @param nowMs a clock that never goes back, in ms
 */
export function createRequestRate(
  { requestsPerSecond, burst }: Pick<ClientLimits, 'requestsPerSecond' | 'burst'>,
  nowMs: () => number = () => performance.now(),
): RequestRate {
  // In the order of their last requests: the first one is the oldest.
  const buckets = new Map<string, Bucket>();
  const leakedAt = ({ level, atMs }: Bucket, now: number) => level - ((now - atMs) * requestsPerSecond) / 1_000;
  // Two at each request, as nginx does: more are forgotten than come.
  const forgetOldest = (now: number) => {
    for (let left = 2; left > 0; left--) {
      const [oldest] = buckets;
      if (!oldest) return;
      const [network, bucket] = oldest;
      if (leakedAt(bucket, now) > 0 && buckets.size < mostClients) return;
      buckets.delete(network);
    }
  };
  return {
    take(network) {
      const now = nowMs();
      forgetOldest(now);
      const bucket = buckets.get(network);
      const level = (bucket ? Math.max(0, leakedAt(bucket, now)) : 0) + 1;
      if (level > burst + 1) return false;
      buckets.delete(network);
      buckets.set(network, { level, atMs: now });
      return true;
    },
    get clients() {
      return buckets.size;
    },
  };
}
