/** What a cause means, in the words of the problem. */
export interface CauseMeaning {
  /** HTTP statuses that carry it. With several, the text at the cause says which one is when. */
  readonly statuses: readonly number[];
  /** The problem's `detail`. */
  readonly detail: string;
}

const row = (detail: string, ...statuses: readonly number[]): CauseMeaning => ({ statuses, detail });

/**
 * The member `cause` of each problem that a gateway makes, in the order of `docs/errors.md`. `nginx/problems.conf` and
 * `haproxy/haproxy.cfg` have the same causes with the same details; a test compares them. A gateway that cannot tell two of
 * them apart gives the one that is certain: `docs/gateways.md`.
 *
 * After several tries without a connection it is `connect_timeout` if one timed out, else `connect_refused`: the status is 503.
 * Where a replica has seen the request the last try names the cause: the status is 502 or 504.
 */
export const gatewayCauses = {
  connect_refused: row('No replica of the service accepts connections', 503, 502),
  connect_timeout: row('No replica of the service accepted a connection in time', 503, 504),
  no_live_upstream: row('No replica of the service is known or alive', 503, 502),
  unreachable: row('No replica of the service can be reached', 503),
  read_timeout: row('The service did not answer in time', 504),
  reset_by_upstream: row('The service closed the connection before it answered', 502),
  response_header_too_big: row('The headers of the answer are too large', 502),
  bad_response: row('The answer of the service cannot be read', 502),
  broken_answer: row('The service closed the connection or its answer cannot be read', 502),
  rate_limited: row('This client sends more requests than its share', 429),
  too_many_connections: row('This client has more connections than its share', 429),
  too_large: row('The body is larger than the gateway passes on', 413),
  url_too_long: row('The URL is too long', 414),
  headers_too_large: row('The headers are too large', 431),
  request_timeout: row('The request did not arrive in time', 408),
  malformed_request: row('The request is not valid HTTP, or its path is not', 400),
  unsupported_request: row('The gateway does not know this kind of request', 422, 501, 505),
  upgrade_refused: row('The gateway passes no WebSocket on', 501),
  method_refused: row('The gateway passes no request with this method on', 405),
  no_route: row('No service answers at this path', 404),
  gateway_failed: row('The gateway failed', 500),
} as const satisfies Record<string, CauseMeaning>;

/** Why a gateway answered a request itself. */
export type GatewayCause = keyof typeof gatewayCauses;
