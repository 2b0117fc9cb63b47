import { CallError } from '@parley/contract';
import { DatabaseError } from 'pg';
import { databaseBusy, databaseUnavailable } from '../database/unavailable.ts';

// SQLSTATE classes that speak of the server's state, not of our statement: connection, authorization (which the server
// also refuses while it is being set up), no such database, resources, operator intervention, system.
const awayClasses = new Set(['08', '28', '3D', '53', '57', '58']);
/** What passes by itself: connection, resources, operator intervention, system. */
const passingClasses = new Set(['08', '53', '57', '58']);
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
export function databaseError(error: unknown): unknown {
  if (error instanceof CallError) return error;
  if (isBusy(error)) return databaseBusy(error);
  if (isLate(error)) return new CallError('upstream_timeout', 'the database did not answer in time', { cause: error });
  const fault = error instanceof DatabaseError ? faults[error.code ?? ''] : undefined;
  if (fault) return databaseUnavailable(fault, error);
  if (isAway(error)) return databaseUnavailable('the database cannot be reached', error);
  return error;
}

/** Of Node and OpenSSL: the server's certificate is not to be trusted, or it speaks no TLS that we do. */
const tlsCodes = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
/** Of the driver, which gives them no code. */
const driverRefusals = /does not support SSL|^SASL/;

/** Why waiting for a database cannot help, in its own words: it has answered, and refuses. Nothing where it may help. */
export function refusalOf(error: unknown): string | undefined {
  const { message, code = '' } = error as { readonly message: string; readonly code?: string };
  if (!(error instanceof DatabaseError))
    return tlsCodes.test(code) || driverRefusals.test(message) ? message : undefined;
  const isPassing = busyStates.has(code) || code === readOnly || passingClasses.has(code.slice(0, 2));
  return isPassing ? undefined : message;
}

function isLate(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code === statementTimeout;
  // The driver's own timeouts have no code: 'timeout expired', 'Query read timeout'.
  return /timeout/i.test((error as Error).message);
}

function isBusy(error: unknown): boolean {
  if (error instanceof DatabaseError) return busyStates.has(error.code ?? '');
  // Of the pool: its connections are all in use.
  return (error as Error).message === 'timeout exceeded when trying to connect';
}

function isAway(error: unknown): boolean {
  // Whatever does not come from the server is about the way to it.
  if (!(error instanceof DatabaseError)) return true;
  return error.code === readOnly || awayClasses.has(error.code?.slice(0, 2) ?? '');
}
