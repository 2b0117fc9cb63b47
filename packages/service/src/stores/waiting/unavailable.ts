import { CallError } from '@parley/contract';

/** When a caller should come back, in ms: a lock is given back, or a standby has taken over. */
const retryAfterMs = 2_000;

/**
 * What a caller gets while the database cannot do its part: 503 with `Retry-After`. `upstream_unavailable` rather than
 * `unavailable`: all replicas have the same database, so that none of them is to blame, and reads may go on.
 */
export function databaseUnavailable(detail: string, cause?: unknown): CallError<'upstream_unavailable'> {
  return new CallError('upstream_unavailable', detail, { retryAfterMs, cause });
}

/** What a caller gets where others kept the database busy until its deadline. */
export function databaseBusy(cause?: unknown): CallError<'upstream_unavailable'> {
  return databaseUnavailable('the database is busy: something else has kept its lock for too long', cause);
}
