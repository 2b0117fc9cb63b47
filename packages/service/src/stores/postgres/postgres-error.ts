import { CallError } from '@parley/contract';
import { databaseBusy, databaseUnavailable } from '../waiting/unavailable.ts';

// SQLSTATE classes that speak of the server's state, not of our statement: connection, authorization (which the server
// also refuses while it is being set up), no such database, resources, operator intervention, system.
const awayClasses = new Set(['08', '28', '3D', '53', '57', '58']);
const statementTimeout = '57014';
/** SQLSTATE of a write to a server that has become a standby. */
const readOnly = '25006';
/** Another transaction is in the way: lock_timeout, deadlock, serialization failure. */
const busyStates = new Set(['55P03', '40P01', '40001']);
/** States of the server with a sentence of their own. */
const faults: Readonly<Record<string, string>> = {
  53100: 'the database has no room left on its disk',
  53200: 'the database has no memory left',
  53300: 'the database has too many connections',
  XX001: 'the database is corrupt',
  XX002: 'the database is corrupt',
};

/**
 * Turns an error of `pg` into an error that a caller may see: the database is an upstream that is down, busy or late.
 * Address and SQL are in the cause only. The error of a wrong statement stays as it is.
 */
export function postgresError(error: unknown): unknown {
  if (error instanceof CallError) return error;
  if (isBusy(error)) return databaseBusy(error);
  if (isLate(error)) return new CallError('upstream_timeout', 'the database did not answer in time', { cause: error });
  const fault = faults[sqlState(error) ?? ''];
  if (fault) return databaseUnavailable(fault, error);
  if (isAway(error)) return databaseUnavailable('the database cannot be reached', error);
  return error;
}

function isLate(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state === statementTimeout;
  // The driver's own timeouts have no code: 'timeout expired', 'Query read timeout'.
  return /timeout/i.test((error as Error).message);
}

function isBusy(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return busyStates.has(state);
  // Of the pool: its connections are all in use.
  return (error as Error).message === 'timeout exceeded when trying to connect';
}

function isAway(error: unknown): boolean {
  const state = sqlState(error);
  // Whatever does not come from the server is about the way to it.
  if (state === undefined) return true;
  return state === readOnly || awayClasses.has(state.slice(0, 2));
}

/** The server's code: five characters, digits among them. Those of Node (`EPIPE`, `ECONNRESET`) are others. */
function sqlState(error: unknown): string | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
