import type { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '@parley/service';
import { type SqliteStoreOptions, sqliteStore } from '@parley/service/stores';
import { MAX } from 'uuid';
import { type VisitRow, type VisitStore, visitOf } from '../visit.ts';

/**
 * Opens the visits in a SQLite file, made if it is missing. Any number of processes may share it.
 *
 * @throws ConfigError that names the file where it cannot be used
 */
export async function openSqliteStore(file: string, options: SqliteStoreOptions = {}): Promise<VisitStore> {
  const prepare = (database: DatabaseSync) => prepareVisits(database, file);
  // Every answer is kept in the transaction of its visit, so that no key need be held.
  const answers = await sqliteStore(file, { holdMs: 0, prepare, ...options }).catch((error: unknown) => {
    throw error instanceof ConfigError ? new ConfigError(`${error.message} (its folder is DATA_DIR)`) : error;
  });
  const { database } = answers;
  const insert = database.prepare('INSERT INTO visits (id, name, note, message, visited_at) VALUES (?, ?, ?, ?, ?)');
  const page = database.prepare('SELECT * FROM visits WHERE id < ? ORDER BY id DESC LIMIT ?');
  const version = database.prepare('SELECT count FROM visit_count');
  const one = database.prepare('SELECT * FROM visits WHERE id = ?');

  return {
    answers,
    async add({ id, name, note, message, visitedAt }, answer) {
      await answers.write(() => insert.run(id, name, note ?? null, message, visitedAt), answer);
    },
    async list({ limit, before = MAX }) {
      const rows = await answers.read(() => page.all(before, limit));
      return rows.map((row) => visitOf(row as unknown as VisitRow));
    },
    async find(id) {
      const row = await answers.read(() => one.get(id));
      return row && visitOf(row as unknown as VisitRow);
    },
    async version() {
      return Number((await answers.read(() => version.get()))?.count);
    },
    close: () => answers.close(),
  };
}

/** Files of version 1 have visits alone, and those of version 2 no clock: the store makes what they lack. */
const schemaVersion = 3;

const firstTable = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') LIMIT 1";

function prepareVisits(database: DatabaseSync, file: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version > schemaVersion) {
    throw new ConfigError(
      `SQLite file ${file} has schema version ${version}, this guestbook knows up to ${schemaVersion}: use a newer guestbook`,
    );
  }
  const table = version === 0 && database.prepare(firstTable).get()?.name;
  if (version < 0) throw foreign(file, `schema version ${version}`);
  if (table) throw foreign(file, `table ${table} already exists`);
  if (version === 0) database.exec(visits);
  database.exec(`PRAGMA user_version = ${schemaVersion}`);
  database.prepare('SELECT id, name, note, message, visited_at FROM visits');
  database.exec(visitCount);
}

const visits = `CREATE TABLE visits (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  note TEXT,
  message TEXT NOT NULL,
  visited_at TEXT NOT NULL
) STRICT, WITHOUT ROWID`;

// In the transaction of each visit, so the numbers are in the order of the commits. Beside the schema version: an older guestbook counts too, by the trigger.
// One row: a guestbook that is older than this deletion added a row at each start.
const visitCount = `CREATE TABLE IF NOT EXISTS visit_count (count INTEGER NOT NULL) STRICT;
DELETE FROM visit_count WHERE rowid > (SELECT min(rowid) FROM visit_count);
INSERT INTO visit_count SELECT (SELECT count(*) FROM visits) WHERE NOT EXISTS (SELECT 1 FROM visit_count);
CREATE TRIGGER IF NOT EXISTS count_visit AFTER INSERT ON visits BEGIN UPDATE visit_count SET count = count + 1; END`;

function foreign(file: string, reason: string): ConfigError {
  return new ConfigError(
    `SQLite file ${file} has other tables than a guestbook needs (${reason}): choose another file`,
  );
}
