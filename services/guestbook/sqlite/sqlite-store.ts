import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MAX } from 'uuid';
import { type VisitRow, type VisitStore, visitOf } from '../visit.ts';
import { inTransaction } from './in-transaction.ts';
import { lockQueue, type WhenFree } from './lock-queue.ts';
import { CorruptFile, ForeignFile, NewerSchema, openingError } from './opening-error.ts';
import { sqliteAnswers } from './sqlite-answers.ts';
import { unmovedFile } from './unmoved-file.ts';

/** How patient a SQLite store is. */
export interface SqliteStoreOptions {
  /** How long to wait at start for a file that another program has for itself, in ms. @default 10_000 */
  readonly startTimeoutMs?: number;
}

/**
 * Opens the visits in a SQLite file, made if it is missing. Any number of processes may share it.
 *
 * @throws ConfigError that names the file where it cannot be used
 */
export async function openSqliteStore(file: string, options: SqliteStoreOptions = {}): Promise<VisitStore> {
  const { startTimeoutMs = 10_000 } = options;
  let database: DatabaseSync | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    database = new DatabaseSync(file);
    return await storeIn(database, file, startTimeoutMs);
  } catch (error) {
    database?.close();
    throw openingError(file, error);
  }
}

// Synced at every commit (on macOS, that takes fullfsync): a visit that was answered outlives a power cut too.
// All three read the file, and the switch to WAL needs it alone: its lock does not always honour busy_timeout.
const durability = 'PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA journal_mode = WAL';

async function storeIn(database: DatabaseSync, file: string, startTimeoutMs: number): Promise<VisitStore> {
  // SQLite would wait with the whole thread. Apart: reads need no lock, and must not wait behind writes that do.
  database.exec('PRAGMA busy_timeout = 0');
  const [reading, opening] = [lockQueue(), lockQueue()];
  await opening(() => database.exec(durability), startTimeoutMs);
  await reading(() => checkPages(database), startTimeoutMs);
  await opening(() => createSchema(database), startTimeoutMs);

  const checkPlace = unmovedFile(file);
  const writing: WhenFree = (work, patience) =>
    opening(() => {
      checkPlace();
      return work();
    }, patience);

  const answers = await reading(() => sqliteAnswers(database, { reading, writing }), startTimeoutMs);
  const insert = database.prepare('INSERT INTO visits (id, name, note, message, visited_at) VALUES (?, ?, ?, ?, ?)');
  const page = database.prepare('SELECT * FROM visits WHERE id < ? ORDER BY id DESC LIMIT ?');
  const one = database.prepare('SELECT * FROM visits WHERE id = ?');

  return {
    answers,
    async add({ id, name, note, message, visitedAt }, answer) {
      const add = () => insert.run(id, name, note ?? null, message, visitedAt);
      await writing(() => (answer ? answers.keepWith(answer, add) : add()));
    },
    async list({ limit, before = MAX }) {
      const rows = await reading(() => page.all(before, limit));
      return rows.map((row) => visitOf(row as unknown as VisitRow));
    },
    async find(id) {
      const row = await reading(() => one.get(id));
      return row && visitOf(row as unknown as VisitRow);
    },
    async close() {
      if (database.isOpen) database.close();
    },
  };
}

/** One entry per version of the schema: what takes a file from the version before to it. Append only. */
const migrations = [
  `CREATE TABLE visits (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    note TEXT,
    message TEXT NOT NULL,
    visited_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE answers (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    reply TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX answers_by_expiry ON answers (expires_at)`,
  // In the scale of what earlier versions wrote, and no later: their answers lived for 24 h, by clocks of their own.
  `CREATE TABLE clock (elapsed_ms INTEGER NOT NULL) STRICT;
  INSERT INTO clock
  SELECT coalesce(min(expires_at) - 86400000, CAST(unixepoch('subsec') * 1000 AS INTEGER)) FROM answers`,
];

/** Beyond this size, in bytes, checking all pages would take seconds. */
const largestChecked = 268_435_456;

// Better no start than half of the visits, and a fault that shows at some page days later.
function checkPages(database: DatabaseSync): void {
  const { size } = database.prepare(sizeOfFile).get() ?? {};
  if (Number(size) > largestChecked) return;
  const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() ?? {};
  if (found !== 'ok') throw new CorruptFile(String(found).replaceAll('\n', ' '));
}

const sizeOfFile = 'SELECT page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()';

const firstTable = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') LIMIT 1";
// Far beyond it, JavaScript's numbers are no longer exact, and every write would fail.
const readableClock = 'SELECT elapsed_ms BETWEEN 0 AND 1000000000000000 AS isReadable FROM clock LIMIT 1';

// The lock is taken before the version is read, so that of two replicas one creates and the other finds.
function createSchema(database: DatabaseSync): void {
  inTransaction(database, () => {
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (version > migrations.length) {
      throw new NewerSchema(`schema version ${version}, this guestbook knows up to ${migrations.length}`);
    }
    if (version < 0) throw new ForeignFile(`schema version ${version}`);
    const { name: table } = (version === 0 && database.prepare(firstTable).get()) || {};
    if (table) throw new ForeignFile(`table ${table} already exists`);
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    if (!database.prepare(readableClock).get()?.isReadable) throw new ForeignFile('no time in table clock');
  });
}
