import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type IdempotencyStore, type KeptAnswer, keyInUse } from '../../idempotency/idempotency-store.ts';
import { checkHoldMs, type HoldOptions, heldKeys } from '../waiting/held-keys.ts';
import { fileClock } from './file-clock.ts';
import { inTransaction } from './in-transaction.ts';
import { lockQueue, type WhenFree } from './lock-queue.ts';
import { CorruptFile, ForeignFile, openingError } from './opening-error.ts';
import { unmovedFile } from './unmoved-file.ts';

/** How a SQLite store is opened. */
export interface SqliteStoreOptions extends HoldOptions {
  /** How long to wait at start for a file that another program has for itself, in ms. Default 10 000. */
  readonly startTimeoutMs?: number;
  /**
   * Makes or checks tables of your own, in the transaction that makes those of the store, and before them. What it throws
   * leaves the file as it is. Default: nothing.
   */
  readonly prepare?: (database: DatabaseSync) => void;
}

/** Answers to keyed requests in a SQLite file, which may have tables of yours too. */
export interface SqliteStore extends IdempotencyStore {
  /** The connection to the file, for statements of your own. */
  readonly database: DatabaseSync;
  /** Reads from the file. @throws CallError `upstream_unavailable` (503) where the file cannot be read */
  read<T>(work: () => T): Promise<T>;
  /**
   * Writes to the file in one transaction, and keeps an answer in it ({@link keyedAnswer}), if there is one. Waits for the
   * file's lock until the request's deadline, off the event loop.
   *
   * @throws CallError `idempotency_key_in_use` where the key has an answer; nothing is written then
   * @throws CallError `upstream_unavailable` (503) where the file cannot be written to, or stays locked
   */
  write<T>(work: () => T, answer?: KeptAnswer): Promise<T>;
  /** Closes the file. May be called twice. */
  close(): Promise<void>;
}

/**
 * Keeps answers in the tables `answers` and `clock` of a SQLite file, made if it is missing, on a local disk. Any number of
 * processes of one machine may share it. Answers expire by the file's own clock, and are removed as others come.
 *
 * @throws ConfigError that names the file where it cannot be used
 * @throws TypeError where `file` is no path: a database in memory (`:memory:`, an empty path) would be shared with nobody
 */
export async function sqliteStore(file: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
  checkHoldMs(options);
  if (typeof file !== 'string' || file === '' || file === ':memory:')
    throw new TypeError(`sqliteStore needs the path of a file, not ${JSON.stringify(file)}: processes share the file`);
  // Only here: on Node 22 the import alone prints a warning.
  const { DatabaseSync } = await import('node:sqlite');
  let database: DatabaseSync | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    database = new DatabaseSync(file);
    return await storeIn(database, file, options);
  } catch (error) {
    database?.close();
    throw openingError(file, error);
  }
}

// Synced at every commit (on macOS, that takes fullfsync): what was answered outlives a power cut too.
// All three read the file, and the switch to WAL needs it alone: its lock does not always honour busy_timeout.
const durability = 'PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA journal_mode = WAL';

async function storeIn(database: DatabaseSync, file: string, options: SqliteStoreOptions): Promise<SqliteStore> {
  const { startTimeoutMs = 10_000, prepare } = options;
  // SQLite would wait with the whole thread. Apart: reads need no lock, and must not wait behind writes that do.
  database.exec('PRAGMA busy_timeout = 0');
  const [reading, opening] = [lockQueue(), lockQueue()];
  await opening(() => database.exec(durability), startTimeoutMs);
  await reading(() => checkPages(database), startTimeoutMs);
  // The lock is taken before the tables are looked for, so that of two replicas one makes them and the other finds them.
  await opening(() => inTransaction(database, () => createTables(database, prepare)), startTimeoutMs);

  const checkPlace = unmovedFile(file);
  const writing: WhenFree = (work, patience) =>
    opening(() => {
      checkPlace();
      return work();
    }, patience);
  const answers = await reading(() => answersIn(database), startTimeoutMs);

  const tick = () => {
    try {
      checkPlace();
      inTransaction(database, answers.tick);
    } catch {
      // Another process has the lock, and writes its own time. Any other fault shows at the next request.
    }
  };
  const ticking = setInterval(tick, tickMs).unref();

  const store: SqliteStore = {
    database,
    read: (work) => reading(work),
    write: (work, answer) =>
      writing(() =>
        inTransaction(database, () => {
          if (answer) answers.keep(answer);
          return work();
        }),
      ),
    find: (key) => reading(() => answers.find(key)),
    keep: (answer) => store.write(() => {}, answer),
    async close() {
      clearInterval(ticking);
      if (database.isOpen) database.close();
    },
  };
  return heldKeys(store, options, {
    take: (key, holder, holdMs) => writing(() => inTransaction(database, () => answers.take(key, holder, holdMs))),
    extend: (key, holder, holdMs) => writing(() => inTransaction(database, () => answers.extend(key, holder, holdMs))),
    drop: (key, holder) => writing(() => answers.drop(key, holder)),
  });
}

/** An idle process writes its time to the file this often, in ms: a process that opens the file begins with it. */
const tickMs = 5_000;
/** Rows live longer than promised by this time, in ms: the clocks of two processes may differ by a tick. */
const marginMs = 2 * tickMs;

/** What is done with the table of answers. A row without a reply is a key that is held: its fingerprint is its holder. */
function answersIn(database: DatabaseSync) {
  const clock = fileClock(database);
  const one = database.prepare(
    "SELECT fingerprint, reply FROM answers WHERE key = ? AND expires_at > ? AND reply <> ''",
  );
  const put = (where: string) =>
    database.prepare(`
      INSERT INTO answers AS old (key, fingerprint, reply, expires_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE
      SET fingerprint = excluded.fingerprint, reply = excluded.reply, expires_at = excluded.expires_at
      WHERE old.expires_at <= ? ${where}`);
  const [hold, insert] = [put(''), put("OR old.reply = ''")];
  const extend = database.prepare("UPDATE answers SET expires_at = ? WHERE key = ? AND fingerprint = ? AND reply = ''");
  const drop = database.prepare("DELETE FROM answers WHERE key = ? AND fingerprint = ? AND reply = ''");
  const sweep = database.prepare(
    'DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE expires_at <= ? LIMIT 100)',
  );

  return {
    tick: () => void clock.advance(),
    find(key: string) {
      const row = one.get(key, clock.nowMs());
      return row && { fingerprint: String(row.fingerprint), reply: String(row.reply) };
    },
    keep({ key, fingerprint, reply, keptForMs }: KeptAnswer) {
      const nowMs = clock.advance();
      sweep.run(nowMs);
      if (insert.run(key, fingerprint, reply, nowMs + keptForMs + marginMs, nowMs).changes === 0) throw keyInUse();
    },
    take(key: string, holder: string, holdMs: number) {
      const nowMs = clock.advance();
      return hold.run(key, holder, '', nowMs + holdMs + marginMs, nowMs).changes > 0;
    },
    extend: (key: string, holder: string, holdMs: number) =>
      extend.run(clock.advance() + holdMs + marginMs, key, holder),
    drop: (key: string, holder: string) => drop.run(key, holder),
  };
}

const answersTable = `
  CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    reply TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS answers_by_expiry ON answers (expires_at)`;

// In the scale of what earlier versions wrote, and no later: their answers lived for 24 h, by clocks of their own.
const clockTable = `
  CREATE TABLE clock (elapsed_ms INTEGER NOT NULL) STRICT;
  INSERT INTO clock
  SELECT coalesce(min(expires_at) - 86400000, CAST(unixepoch('subsec') * 1000 AS INTEGER)) FROM answers`;

const findClock = "SELECT name FROM sqlite_schema WHERE name = 'clock'";
// Far beyond it, JavaScript's numbers are no longer exact, and every write would fail.
const readableClock = 'SELECT elapsed_ms BETWEEN 0 AND 1000000000000000 AS isReadable FROM clock LIMIT 1';

function createTables(database: DatabaseSync, prepare: SqliteStoreOptions['prepare']): void {
  prepare?.(database);
  database.exec(answersTable);
  if (!database.prepare(findClock).get()) database.exec(clockTable);
  if (!database.prepare(readableClock).get()?.isReadable) throw new ForeignFile('no time in table clock');
}

/** Beyond this size, in bytes, checking all pages would take seconds. */
const largestChecked = 268_435_456;

// Better no start than half of the rows, and a fault that shows at some page days later.
function checkPages(database: DatabaseSync): void {
  const { size } = database.prepare(sizeOfFile).get() ?? {};
  if (Number(size) > largestChecked) return;
  const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() ?? {};
  if (found !== 'ok') throw new CorruptFile(String(found).replaceAll('\n', ' '));
}

const sizeOfFile = 'SELECT page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()';
