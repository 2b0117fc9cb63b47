import type { ErrorCode } from './error-codes.ts';

/** The short text of each code for people, the same at every occurrence: a problem's `title`. */
export const errorTitles: Readonly<Record<ErrorCode, string>> = {
  invalid_input: 'Input is not valid',
  malformed_body: 'Body cannot be parsed',
  unauthenticated: 'Caller is not known',
  permission_denied: 'Caller may not do this',
  not_found: 'Not found',
  method_not_allowed: 'Method not allowed',
  conflict: 'Conflicts with the current state',
  idempotency_key_in_use: 'A request with this key is still running',
  precondition_failed: 'Changed in the meantime',
  body_too_large: 'Body is too large',
  unsupported_media_type: 'Content type not supported',
  idempotency_key_reused: 'Key was used for another request',
  rate_limited: 'Too many requests',
  rejected: 'Request rejected',
  cancelled: 'Caller gave up',
  internal: 'Internal error',
  invalid_reply: 'Reply breaks the contract',
  upstream_failed: 'An upstream failed',
  overloaded: 'Service has more to do than it can',
  unavailable: 'Service unavailable',
  upstream_unavailable: 'An upstream is unavailable',
  attempt_timeout: 'Attempt timed out',
  deadline_exceeded: 'Deadline exceeded',
  upstream_timeout: 'An upstream did not answer in time',
};
