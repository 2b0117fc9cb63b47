/** What a gateway allows one client: an IPv4 address, or the first 64 bits of an IPv6 address. Every gateway has the same. */
export interface ClientLimits {
  /** Requests per second, on average. */
  readonly requestsPerSecond: number;
  /** Requests that may come at once on top of that; beyond them the answer is 429 `rate_limited`. */
  readonly burst: number;
  /** Connections that are open at the same time; beyond them the answer is 429 `too_many_connections`. */
  readonly connections: number;
}

/** The limits where nothing else is set: those of `nginx/nginx.conf`. */
export const defaultClientLimits: ClientLimits = { requestsPerSecond: 2000, burst: 1000, connections: 1000 };
