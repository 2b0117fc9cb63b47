import {
  type FoundAnswer,
  type IdempotencyStore,
  type KeptAnswer,
  keyInUse,
} from '../../idempotency/idempotency-store.ts';
import { checkHoldMs, type HoldOptions, heldKeys } from '../waiting/held-keys.ts';
import { beforeDeadline } from '../waiting/patience.ts';
import { postgresError } from './postgres-error.ts';

/** A pool or a connection of `pg`. Give it `statement_timeout` and `connectionTimeoutMillis`, which bound every statement. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** How a PostgreSQL store is opened. */
export interface PostgresStoreOptions extends HoldOptions {
  /** Where answers are, with its schema if need be. Made if it is missing. Default `answers`. */
  readonly table?: string;
  /** For reads, which then wait behind no write that waits for a lock. Default: the same as for writes. */
  readonly readers?: PostgresClient;
}

/** Answers to keyed requests in PostgreSQL. */
export interface PostgresStore extends IdempotencyStore {
  /** Runs one statement on `readers` and gives its rows. @throws CallError where the database is away, late or busy */
  read<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Runs one statement and gives its rows, until the request's deadline. @throws CallError as `read` */
  write<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  /**
   * Keeps an answer in a transaction of yours.
   *
   * @throws CallError `idempotency_key_in_use` where the key has an answer: roll back, and throw it on
   */
  keepIn(transaction: PostgresClient, answer: KeptAnswer): Promise<void>;
  /**
   * Keeps an answer and inserts something else in one statement: `insert` takes its row `FROM kept`, which has one only
   * where the key was free, and has `RETURNING`. Its values are `$1` and so on.
   *
   * @throws CallError `idempotency_key_in_use`, with nothing inserted
   */
  keepWith(answer: KeptAnswer, insert: string, values: readonly unknown[]): Promise<void>;
}

/** Now, in ms since 1970, by the clock of the database: replicas have one each, which may be hours apart. */
const nowMs = '(extract(epoch FROM now()) * 1000)::bigint';
/** Answers are kept longer than promised by this time, in ms: after a failover another server's clock counts. */
const marginMs = 300_000;
const sweepEvery = 100;

/**
 * Keeps answers in a table of PostgreSQL, made if it is missing. A request whose key another replica is committing waits for
 * that. Every 100th write removes answers that have expired.
 *
 * @throws CallError `upstream_unavailable` (503) where the database is away; what the server says of a wrong table or role
 * @throws TypeError where an option makes no sense
 */
export async function postgresStore(
  client: PostgresClient,
  options: PostgresStoreOptions = {},
): Promise<PostgresStore> {
  const { table = 'answers', readers = client } = options;
  checkHoldMs(options);
  if (!/^(?:[a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/.test(table))
    throw new TypeError(`table must be a name in lower case, with a schema or without, not ${JSON.stringify(table)}`);
  const sql = statementsOn(table);
  const query = async <Row extends object>(on: PostgresClient, text: string, values?: unknown[]): Promise<Row[]> => {
    const rows = await on.query(text, values).then((result) => result.rows, rethrow);
    return rows as Row[];
  };
  let writes = 0;

  const store: PostgresStore = {
    read: (text, values) => query(readers, text, values),
    write: (text, values) => beforeDeadline(query(client, text, values)),
    async keepIn(transaction, { key, fingerprint, reply, keptForMs }) {
      const values = [key, fingerprint, reply, keptForMs + marginMs];
      const rows = await query(transaction, sql.keep(0), values);
      if (rows.length === 0) throw keyInUse();
    },
    async keepWith({ key, fingerprint, reply, keptForMs }, insert, values) {
      if (writes++ % sweepEvery === 0) await store.write(sql.sweep);
      const text = `WITH kept AS (${sql.keep(values.length)}) ${insert}`;
      const rows = await store.write(text, [...values, key, fingerprint, reply, keptForMs + marginMs]);
      if (rows.length === 0) throw keyInUse();
    },
    async find(key) {
      const [answer] = await store.read<FoundAnswer>(sql.find, [key]);
      return answer;
    },
    keep: (answer) => store.keepWith(answer, 'SELECT key FROM kept', []),
  };
  // Without values it is one message, and so one transaction.
  await query(client, sql.schema);
  return heldKeys(store, options, {
    take: async (...hold) => (await store.write(sql.take, hold)).length > 0,
    extend: (...hold) => store.write(sql.extend, hold),
    drop: (...held) => store.write(sql.drop, held),
  });
}

function rethrow(error: unknown): never {
  throw postgresError(error);
}

/** A row without a reply is a key that is held: its fingerprint is its holder. */
function statementsOn(table: string) {
  const name = table.split('.').at(-1);
  const put = (values: string, where: string) => `INSERT INTO ${table} AS old (key, fingerprint, reply, expires_at)
    VALUES (${values}::bigint)
    ON CONFLICT (key) DO UPDATE
    SET fingerprint = excluded.fingerprint, reply = excluded.reply, expires_at = excluded.expires_at
    WHERE old.expires_at <= ${nowMs} ${where} RETURNING key`;
  return {
    // The lock is held to the end of the transaction: two replicas that start at once would otherwise both find no table
    // and both create it. Its number is arbitrary, but the same in every replica. A table that something else has made fails here.
    schema: `SELECT pg_advisory_xact_lock(7251906331);
      CREATE TABLE IF NOT EXISTS ${table} (
        key text PRIMARY KEY,
        fingerprint text NOT NULL,
        reply text NOT NULL,
        expires_at bigint NOT NULL
      );
      CREATE INDEX IF NOT EXISTS ${name}_by_expiry ON ${table} (expires_at);
      SELECT key, fingerprint, reply, expires_at FROM ${table} WHERE false`,
    find: `SELECT fingerprint, reply FROM ${table} WHERE key = $1 AND expires_at > ${nowMs} AND reply <> ''`,
    // Takes the place of an answer that has expired or a key that is held; of any other, none, and then there is no row.
    keep(valuesBefore: number) {
      const [key, fingerprint, reply, keptForMs] = [1, 2, 3, 4].map((n) => `$${valuesBefore + n}`);
      return put(`${key}, ${fingerprint}, ${reply}, ${nowMs} + ${keptForMs}`, "OR old.reply = ''");
    },
    take: put(`$1, $2, '', ${nowMs} + $3`, ''),
    extend: `UPDATE ${table} SET expires_at = ${nowMs} + $3::bigint WHERE key = $1 AND fingerprint = $2 AND reply = ''`,
    drop: `DELETE FROM ${table} WHERE key = $1 AND fingerprint = $2 AND reply = ''`,
    // Apart from the writes: in one statement with them, two replicas could wait for each other.
    sweep: `DELETE FROM ${table} WHERE key IN (
      SELECT key FROM ${table} WHERE expires_at <= ${nowMs} LIMIT ${10 * sweepEvery} FOR UPDATE SKIP LOCKED)`,
  };
}
