import { CallError } from '@parley/contract';
import { DatabaseError } from 'pg';

// SQLSTATE classes that speak of the server's state, not of our statement: connection, authorization (which the server
// also refuses while it is being set up), no such database, resources, operator intervention, system.
const awayClasses = new Set(['08', '28', '3D', '53', '57', '58']);
const statementTimeout = '57014';
/** What a server that has become a standby says to a write. */
const readOnly = '25006';

/**
 * Makes of what `pg` throws what a caller may know: the database is an upstream, away or late. No address
 * and no SQL in it; both are in the cause. A statement that is wrong stays the error it is.
 */
export function databaseError(error: unknown): unknown {
  if (isLate(error)) return new CallError('upstream_timeout', 'the database did not answer in time', { cause: error });
  if (isAway(error)) return new CallError('upstream_unavailable', 'the database cannot be reached', { cause: error });
  return error;
}

function isLate(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code === statementTimeout;
  // The driver's own timeouts have no code: 'timeout exceeded when trying to connect', 'Query read timeout'.
  return /timeout/i.test((error as Error).message);
}

function isAway(error: unknown): boolean {
  // Whatever does not come from the server is about the way to it.
  if (!(error instanceof DatabaseError)) return true;
  return error.code === readOnly || awayClasses.has(error.code?.slice(0, 2) ?? '');
}
