import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalError } from '../local-error.ts';

/** Turns the error of a write into the folder of a run into one sentence: what failed, what to do. */
export function unwritable(error: unknown): LocalError {
  if (error instanceof LocalError) return error;
  const { code } = error as NodeJS.ErrnoException;
  return new LocalError(
    `temporary files cannot be written to ${tmpdir()} (${code}): make room there, or set TMPDIR to another folder`,
  );
}

/** The names in a folder; none where it cannot be read. */
export function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The content of a file; undefined where there is none, or half of one. */
export function readJson<T>(folder: string, name: string): T | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Writes a file as {@link writeJson} does. Where that fails, what was there before is still there. */
export function tryWriteJson(folder: string, name: string, content: object): void {
  try {
    writeJson(folder, name, content);
  } catch {
    // The old content is worth more than an end of the launcher.
  }
}

/**
 * Writes a file in one step: no reader sees half of it, and a launcher that is killed leaves no half. Writes
 * nothing where the folder has been removed.
 *
 * @throws LocalError where it cannot be written
 */
export function writeJson(folder: string, name: string, content: object): void {
  const path = join(folder, name);
  const text = JSON.stringify(content);
  try {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    rmSync(`${path}.new`, { recursive: true, force: true });
    if (!overwrite(path, text)) throw unwritable(error);
  }
}

/** On a full disk: a file that is there has room for as much as it holds. */
function overwrite(path: string, text: string): boolean {
  let file: number | undefined;
  try {
    file = openSync(path, 'r+');
    writeSync(file, text, 0);
    ftruncateSync(file, Buffer.byteLength(text));
    return true;
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
