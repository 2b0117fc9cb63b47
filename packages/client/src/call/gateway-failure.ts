import { type CallError, headerNames } from '@parley/contract';

const codes = new Set(['upstream_failed', 'upstream_unavailable', 'upstream_timeout']);

/** A reply, as far as this question is concerned. */
export interface GatewayReply {
  readonly error: CallError | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * Whether a reply is a gateway's own: the gateway has reached no replica, or lost the connection to one. Another attempt
 * may succeed. A service answers with the same codes when its own upstream has failed and its retries are used up; its
 * reply then always has `x-attempts-left`, which a gateway never adds.
 */
export function isGatewayFailure({ error, headers }: GatewayReply): boolean {
  return error !== undefined && codes.has(error.code) && headers[headerNames.attemptsLeft] === undefined;
}
