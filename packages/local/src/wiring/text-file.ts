import { readFileSync, type Stats, statSync } from 'node:fs';
import { messageOf } from '@parley/contract';
import { LocalError } from '../local-error.ts';
import { type Mapping, mappingOf } from './mapping.ts';

/** The longest file that is read, in bytes. */
const maxBytes = 4 * 1024 ** 2;

/**
 * Reads a text file of a repository, of 4 MiB at most. A pipe or a device might never end, and is refused.
 *
 * @throws LocalError where it is not there, is no file, is longer or may not be read
 */
export function readTextFile(path: string): string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new LocalError(`expected a file at ${path}, found ${kindOf(stat)}: put a file there`);
    if (stat.size > maxBytes) {
      throw new LocalError(
        `${path} is ${(stat.size / 1024 ** 2).toFixed(1)} MiB; the limit is 4 MiB: make it smaller, or name another file`,
      );
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof LocalError) throw error;
    throw new LocalError(`expected a file that can be read at ${path}, got: ${messageOf(error)}`);
  }
}

/**
 * Reads a JSON file of a repository that holds an object, such as package.json.
 *
 * @throws LocalError that names the file, where it cannot be read or holds something else
 */
export function readJsonFile(path: string): Mapping {
  const value = mappingOf(jsonOf(readTextFile(path), path));
  if (value) return value;
  throw new LocalError(`${path}: expected a JSON object, got something else: mend the file`);
}

/** The value of a JSON text. @throws LocalError that names the file and what to do */
export function jsonOf(text: string, fileName: string, remedy = 'mend the file'): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LocalError(`${fileName}: expected JSON, got ${messageOf(error)}: ${remedy}`);
  }
}

/** A text with line feeds alone at the ends of its lines, as Git gives it everywhere but on Windows. */
export function withLineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder';
  return stat.isFIFO() ? 'a pipe' : 'a device or a socket';
}
