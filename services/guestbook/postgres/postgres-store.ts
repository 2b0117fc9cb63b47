import { setTimeout as pause } from 'node:timers/promises';
import { isCallError, now } from '@parley/contract';
import { ConfigError } from '@parley/service';
import { type PostgresStore, postgresStore } from '@parley/service/stores';
import { Client, Pool } from 'pg';
import { MAX } from 'uuid';
import { type VisitRow, type VisitStore, visitOf } from '../visit.ts';
import { refusalOf } from './postgres-refusal.ts';
import { faultOfPostgresUrl } from './postgres-url.ts';

/** How patient a PostgreSQL store is. */
export interface PostgresStoreOptions {
  /** How long to wait at start for a database that is not there yet. @default 30_000 */
  readonly startTimeoutMs?: number;
  /** How long to wait for a connection, and then for a statement. @default 2_000 */
  readonly timeoutMs?: number;
}

/**
 * Opens the visits in PostgreSQL. Waits for a database that is still starting; later on, survives its absence.
 *
 * @throws ConfigError at once where waiting cannot help: the URL, the password, the name, TLS or a table is wrong
 */
export async function openPostgresStore(url: string, options: PostgresStoreOptions = {}): Promise<VisitStore> {
  const { startTimeoutMs = 30_000, timeoutMs = 2_000 } = options;
  checkUrl(url);
  // Apart: writers that wait for a lock would take every connection, and reads need none of their locks.
  const [readers, writers] = [openPool(url, timeoutMs), openPool(url, timeoutMs)];
  const close = async () => {
    await Promise.all([readers, writers].map((pool) => pool.ending || pool.end()));
  };
  const answers = await whenThere(() => openAnswers(writers, readers), startTimeoutMs).catch(async (error) => {
    await close();
    throw error;
  });
  return {
    answers,
    async add({ id, name, note, message, visitedAt }, answer) {
      const values = [id, name, note, message, visitedAt];
      if (answer) await answers.keepWith(answer, `${insert} FROM kept RETURNING id`, values);
      else await answers.write(insert, values);
    },
    async list({ limit, before = MAX }) {
      const rows = await answers.read<VisitRow>('SELECT * FROM visits WHERE id < $1 ORDER BY id DESC LIMIT $2', [
        before,
        limit,
      ]);
      return rows.map(visitOf);
    },
    async find(id) {
      const [row] = await answers.read<VisitRow>('SELECT * FROM visits WHERE id = $1', [id]);
      return row && visitOf(row);
    },
    async version() {
      // After the commit, and never the same twice: the number of a transaction would be from before it.
      const [row] = await answers.read<{ version: string }>("SELECT nextval('visits_version') AS version", []);
      return Number(row?.version);
    },
    close,
  };
}

function checkUrl(url: string): void {
  const fault = faultOfPostgresUrl(url);
  if (fault) throw new ConfigError(`DATABASE_URL ${fault}`);
  try {
    // Reads the files with certificates.
    new Client({ connectionString: url });
  } catch (error) {
    const { code, path, syscall, message } = error as NodeJS.ErrnoException;
    // The path may be a key that was given by mistake as the value of sslkey.
    if (syscall)
      throw new ConfigError(`DATABASE_URL names ${fileNamed(url, path)} that cannot be read (${code}): correct it`);
    throw new ConfigError(`DATABASE_URL cannot be used (${message}): correct it`);
  }
}

function fileNamed(url: string, path: string | undefined): string {
  const parameters = new URLSearchParams(url.split('?')[1]);
  const names = ['sslcert', 'sslkey', 'sslrootcert'].filter((each) => parameters.has(each));
  return `a file in ${names.find((each) => parameters.get(each) === path) ?? names.join(' or ')}`;
}

function openPool(url: string, timeoutMs: number): Pool {
  const pool = new Pool({
    connectionString: url,
    max: 5,
    keepAlive: true,
    connectionTimeoutMillis: timeoutMs,
    // Bounds a store call, in place of the context's signal: no query keeps running for a caller that has gone.
    statement_timeout: timeoutMs,
    // Before: a lock that another program keeps is another matter than a server that is slow.
    lock_timeout: 0.75 * timeoutMs,
    // For a server that is too far gone to keep its own timeout. Later, so that the server's comes first.
    query_timeout: timeoutMs + 1_000,
  });
  // An idle connection broke: the pool has dropped it already, but unheard the event would end the process.
  pool.on('error', () => {});
  return pool;
}

async function openAnswers(writers: Pool, readers: Pool): Promise<PostgresStore> {
  // Every answer is kept in the statement that inserts its visit, so that no key need be held.
  const answers = await postgresStore(writers, { readers, holdMs: 0 });
  await answers.write(schema);
  return answers;
}

const insert = `INSERT INTO visits (id, name, note, message, visited_at)
  SELECT $1::uuid, $2::text, $3::text, $4::text, $5::timestamptz`;

// Sent as one message, and so one transaction, which holds the lock to its end: two replicas that start at once would
// otherwise both find no table and both create it. Tables that something else has made fail here. The number is arbitrary, but the same in every replica.
const schema = `
  SELECT pg_advisory_xact_lock(7251906330);
  CREATE TABLE IF NOT EXISTS visits (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    note text,
    message text NOT NULL,
    visited_at timestamptz NOT NULL
  );
  CREATE SEQUENCE IF NOT EXISTS visits_version;
  SELECT id, name, note, message, visited_at FROM visits WHERE false`;

async function whenThere<T>(work: () => Promise<T>, patienceMs: number): Promise<T> {
  const giveUpAtMs = now() + patienceMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, 1_000)) {
    try {
      return await work();
    } catch (error) {
      const refusal = refusalOf(isCallError(error) ? error.cause : error);
      if (refusal) throw new ConfigError(`database refuses (${refusal}): correct DATABASE_URL, or the database`);
      if (!isCallError(error, 'upstream_unavailable', 'upstream_timeout')) throw error;
      if (now() + pauseMs > giveUpAtMs) {
        const { message, code } = error.cause as { message: string; code?: string };
        // An address that stands for several (localhost) fails without a message of its own.
        const reason = message || code;
        throw new ConfigError(`database not ready in ${patienceMs} ms (${reason}): start it, or correct DATABASE_URL`);
      }
    }
    await pause(pauseMs);
  }
}
