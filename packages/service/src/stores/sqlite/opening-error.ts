import { isCallError } from '@parley/contract';
import { ConfigError } from '../../process/config-error.ts';
import { faultOfFile } from './sqlite-error.ts';

/** A check of the pages has found a fault, which the message describes. */
export class CorruptFile extends Error {}

/** Another program made the file, or wrote to it. The message says how the file was recognised. */
export class ForeignFile extends Error {}

/** Turns an error on opening a SQLite file into one sentence with the file's name and what to do. */
export function openingError(file: string, thrown: unknown): unknown {
  const error = isCallError(thrown) && thrown.cause !== undefined ? thrown.cause : thrown;
  const { message, code, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof ForeignFile) return foreign(file, message);
  if (error instanceof CorruptFile) return corrupt(file, message);
  if (syscall !== undefined) {
    return new ConfigError(`folder of the SQLite file ${file} cannot be made (${code}): choose another one`);
  }
  if (code !== 'ERR_SQLITE_ERROR') return thrown;
  const fault = faultOfFile(error)?.replace('the database ', '');
  if (fault === 'is corrupt') return corrupt(file, message);
  if (fault)
    return new ConfigError(`SQLite file ${file} ${fault} (${message}): correct its folder, or choose another one`);
  if (isCallError(thrown)) {
    return new ConfigError(`SQLite file ${file} is locked by another program (${message}): end that, then start again`);
  }
  return foreign(file, message);
}

function foreign(file: string, reason: string): ConfigError {
  return new ConfigError(`SQLite file ${file} has other tables than expected (${reason}): choose another file`);
}

function corrupt(file: string, reason: string): ConfigError {
  return new ConfigError(
    `SQLite file ${file} is corrupt (${reason}): restore it from a backup, or move it away with its -wal and -shm files`,
  );
}
