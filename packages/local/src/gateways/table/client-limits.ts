/** What one client may use of the gateway. A client is an IPv4 address, or the first 64 bits of an IPv6 address. */
export interface ClientLimits {
  /** Requests a second in the long run; the gateway answers 429 to those above. */
  readonly requestsPerSecond: number;
  /** Requests that may come at once on top of that. */
  readonly burst: number;
  /** Connections that may be open at once. */
  readonly connections: number;
}

/** The limits where no policy sets others: 2000 requests a second, 1000 at once, 1000 connections. */
export const defaultClientLimits: ClientLimits = { requestsPerSecond: 2000, burst: 1000, connections: 1000 };

/** The limits in one sentence for people, with where they change them. @param ofPolicy those of a policy. Default: there is no policy */
export function limitsSentence(ofPolicy?: ClientLimits): string {
  const { requestsPerSecond, burst, connections } = ofPolicy ?? defaultClientLimits;
  const where = ofPolicy
    ? 'change them in gateway/policy.yaml'
    : 'gateway/policy.yaml can set others, with "parley gateway"';
  return `limits of one client: ${requestsPerSecond} requests a second, ${burst} more at once, ${connections} connections: ${where}`;
}
