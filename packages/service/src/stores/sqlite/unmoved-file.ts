import { statSync } from 'node:fs';
import { databaseUnavailable } from '../waiting/unavailable.ts';

/**
 * Makes a check that a SQLite file and its log are still the ones that this process has open. SQLite goes on writing to
 * files that were removed or replaced, and what it writes there is lost at the next start.
 *
 * The check throws CallError `upstream_unavailable` (503). It takes about 10 µs.
 */
export function unmovedFile(file: string): () => void {
  const known = [file, `${file}-wal`].map((path) => ({ path, identity: identityOf(path) }));
  return () => {
    for (const { path, identity } of known) {
      if (identityOf(path) === identity) continue;
      throw databaseUnavailable('the database file was removed or replaced: the service must be started again');
    }
  };
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && `${stat.dev} ${stat.ino}`;
}
