import { databaseUnavailable } from '../waiting/unavailable.ts';

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that are about the file and not about a statement. */
const meanings: Readonly<Record<number, string>> = {
  3: 'the database may not be used', // PERM
  7: 'the database has no memory left', // NOMEM
  8: 'the database cannot be written to', // READONLY
  10: 'the database cannot be read or written', // IOERR
  11: 'the database is corrupt', // CORRUPT
  13: 'the database has no room left on its disk', // FULL
  14: 'the database cannot be opened', // CANTOPEN
  15: 'the database cannot be locked', // PROTOCOL
  22: 'the database is too large for its disk', // NOLFS
  26: 'the database is corrupt', // NOTADB
};

const busyCodes = new Set([5 /* SQLITE_BUSY */, 6 /* SQLITE_LOCKED */]);

/** Whether SQLite could not get a lock: the same statement may succeed later. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code !== undefined && busyCodes.has(code);
}

/** Describes what is wrong with the file of a SQLite error, as part of a sentence. Undefined for any other error. */
export function faultOfFile(error: unknown): string | undefined {
  return meanings[primaryCode(error) ?? 0];
}

/**
 * Turns an error of `node:sqlite` into an error that a caller may see: a full disk or a broken file is 503, with SQLite's
 * own error as the cause. The error of a wrong statement stays as it is.
 */
export function sqliteError(error: unknown): unknown {
  const fault = faultOfFile(error);
  return fault ? databaseUnavailable(fault, error) : error;
}

// The low byte is the code; the rest has the detail (SQLITE_BUSY_RECOVERY, SQLITE_IOERR_FSYNC).
function primaryCode(error: unknown): number | undefined {
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}
