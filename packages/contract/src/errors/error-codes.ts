/** What a code means for a caller. */
export interface CodeMeaning {
  /** HTTP status that carries it. 499 (client closed request) never reaches a wire: the client has gone. */
  readonly status: number;
  /** May succeed if tried again elsewhere or later; a retry also needs an operation that may be sent twice. */
  readonly isTransient: boolean;
  /** Counts against the endpoint that gave it, in its circuit breaker. */
  readonly blamesEndpoint: boolean;
  /** The short text for people, the problem's `title`. */
  readonly title: string;
}

const row = (status: number, isTransient: boolean, blamesEndpoint: boolean, title: string): CodeMeaning => ({
  status,
  isTransient,
  blamesEndpoint,
  title,
});

/**
 * The table of codes, one row each: code → HTTP status → may be retried → blames the endpoint → title.
 * A failure of an upstream's own upstream has codes of its own (`upstream_…`), so that it doesn't look
 * retryable one hop up: the hop that saw it first has already retried.
 */
export const errorCodes = {
  invalid_input: row(400, false, false, 'Input is not valid'),
  malformed_body: row(400, false, false, 'Body cannot be parsed'),
  unauthenticated: row(401, false, false, 'Caller is not known'),
  permission_denied: row(403, false, false, 'Caller may not do this'),
  not_found: row(404, false, false, 'Not found'),
  method_not_allowed: row(405, false, false, 'Method not allowed'),
  conflict: row(409, false, false, 'Conflicts with the current state'),
  idempotency_key_in_use: row(409, true, false, 'A request with this key is still running'),
  precondition_failed: row(412, false, false, 'Changed in the meantime'),
  body_too_large: row(413, false, false, 'Body is too large'),
  unsupported_media_type: row(415, false, false, 'Content type not supported'),
  range_not_satisfiable: row(416, false, false, 'No such part of the content'),
  idempotency_key_reused: row(422, false, false, 'Key was used for another request'),
  rate_limited: row(429, true, false, 'Too many requests'),
  rejected: row(400, false, false, 'Request rejected'),
  cancelled: row(499, false, false, 'Caller gave up'),
  internal: row(500, true, true, 'Internal error'),
  invalid_reply: row(502, false, false, 'Reply breaks the contract'),
  upstream_failed: row(502, false, false, 'An upstream failed'),
  overloaded: row(503, true, false, 'Service has more to do than it can'),
  unavailable: row(503, true, true, 'Service unavailable'),
  upstream_unavailable: row(503, false, false, 'An upstream is unavailable'),
  attempt_timeout: row(504, true, true, 'Attempt timed out'),
  deadline_exceeded: row(504, false, false, 'Deadline exceeded'),
  upstream_timeout: row(504, false, false, 'An upstream did not answer in time'),
} as const satisfies Record<string, CodeMeaning>;

/** A code of the table above; a contract's own errors add codes of theirs. */
export type ErrorCode = keyof typeof errorCodes;

/** Whether a code is in the table, and not a contract's own. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
