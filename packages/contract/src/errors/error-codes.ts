/** What a code means for a caller. */
export interface CodeMeaning {
  /** HTTP status that carries it. 499 (client closed request) never reaches a wire: the client has gone. */
  readonly status: number;
  /** May succeed if tried again elsewhere or later; a retry also needs an operation that may be sent twice. */
  readonly isTransient: boolean;
  /** Counts against the endpoint that gave it, in its circuit breaker. */
  readonly blamesEndpoint: boolean;
}

const row = (status: number, isTransient: boolean, blamesEndpoint: boolean): CodeMeaning => ({
  status,
  isTransient,
  blamesEndpoint,
});

/**
 * The table of codes, one row each: code → HTTP status → may be retried → blames the endpoint.
 * `errorTitles` has their texts for people, which a client never shows.
 * A failure of an upstream's own upstream has codes of its own (`upstream_…`), so that it doesn't look
 * retryable one hop up: the hop that saw it first has already retried.
 */
export const errorCodes = {
  invalid_input: row(400, false, false),
  malformed_body: row(400, false, false),
  unauthenticated: row(401, false, false),
  permission_denied: row(403, false, false),
  not_found: row(404, false, false),
  method_not_allowed: row(405, false, false),
  conflict: row(409, false, false),
  idempotency_key_in_use: row(409, true, false),
  precondition_failed: row(412, false, false),
  body_too_large: row(413, false, false),
  unsupported_media_type: row(415, false, false),
  range_not_satisfiable: row(416, false, false),
  idempotency_key_reused: row(422, false, false),
  rate_limited: row(429, true, false),
  rejected: row(400, false, false),
  cancelled: row(499, false, false),
  internal: row(500, true, true),
  invalid_reply: row(502, false, false),
  upstream_failed: row(502, false, false),
  replica_behind: row(503, true, false),
  overloaded: row(503, true, false),
  unavailable: row(503, true, true),
  upstream_unavailable: row(503, false, false),
  attempt_timeout: row(504, true, true),
  deadline_exceeded: row(504, false, false),
  upstream_timeout: row(504, false, false),
  not_cached: row(504, false, false),
} as const satisfies Record<string, CodeMeaning>;

/** A code of the table above; a contract's own errors add codes of theirs. */
export type ErrorCode = keyof typeof errorCodes;

/** Whether a code is in the table, and not a contract's own. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
