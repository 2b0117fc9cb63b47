import { headerNames } from '@parley/contract';
import type { Reply } from '../transport/reply.ts';

const codes = new Set(['upstream_failed', 'upstream_unavailable', 'upstream_timeout']);

/**
 * Whether a reply is a gateway's own: the gateway has reached no replica, or lost the connection to one. Another attempt
 * may succeed. A service answers with the same codes when its own upstream has failed and its retries are used up; its
 * reply then always has `x-attempts-left`, which a gateway never adds.
 */
export function isGatewayFailure({ error, headers }: Reply): boolean {
  return error !== undefined && codes.has(error.code) && headers[headerNames.attemptsLeft] === undefined;
}
