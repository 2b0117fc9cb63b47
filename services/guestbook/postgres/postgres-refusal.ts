import { DatabaseError } from 'pg';

/** SQLSTATE classes of what passes by itself: connection, resources, operator intervention, system. */
const passingClasses = new Set(['08', '53', '57', '58']);
/** A write to a standby, and another transaction in the way: lock_timeout, deadlock, serialization failure. */
const passingStates = new Set(['25006', '55P03', '40P01', '40001']);
/** Of Node and OpenSSL: the server's certificate is not to be trusted, or it speaks no TLS that we do. */
const tlsCodes = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
/** Of the driver, which gives them no code. */
const driverRefusals = /does not support SSL|^SASL/;

/** Why waiting for a database cannot help, in its own words: it has answered, and refuses. Nothing where it may help. */
export function refusalOf(error: unknown): string | undefined {
  const { message, code = '' } = error as { readonly message: string; readonly code?: string };
  if (!(error instanceof DatabaseError))
    return tlsCodes.test(code) || driverRefusals.test(message) ? message : undefined;
  const isPassing = passingStates.has(code) || passingClasses.has(code.slice(0, 2));
  return isPassing ? undefined : message;
}
