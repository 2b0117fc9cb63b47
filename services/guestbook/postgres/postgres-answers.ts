import { type FoundAnswer, type IdempotencyStore, type KeptAnswer, keyInUse } from '@parley/service';

/** Runs one statement, which is a transaction of its own, and gives its rows. */
export type Query = <Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>;

/** Answers to keyed requests in PostgreSQL. */
export interface PostgresAnswers extends IdempotencyStore {
  /**
   * Keeps an answer and inserts something else in one statement: `insert` takes its row `FROM kept`, which has one only
   * where the key was free, and has `RETURNING`. Its values are `$1` and so on.
   *
   * @throws CallError `idempotency_key_in_use`, with nothing inserted
   */
  keepWith(answer: KeptAnswer, insert: string, values: readonly unknown[]): Promise<void>;
}

/** What the table needs: part of the schema. */
export const answersSchema = `
  CREATE TABLE IF NOT EXISTS answers (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    reply text NOT NULL,
    expires_at bigint NOT NULL
  );
  CREATE INDEX IF NOT EXISTS answers_by_expiry ON answers (expires_at)`;

/** Now, in ms since 1970, by the clock of the database: replicas have one each, which may be hours apart. */
const nowMs = '(extract(epoch FROM now()) * 1000)::bigint';
/** So much longer than promised answers are kept, in ms: after a failover another server's clock counts. */
const marginMs = 300_000;

const sweepEvery = 100;
// Apart from the writes: in one statement with them, two replicas could wait for each other.
const sweep = `DELETE FROM answers WHERE key IN (
  SELECT key FROM answers WHERE expires_at <= ${nowMs} LIMIT ${10 * sweepEvery} FOR UPDATE SKIP LOCKED)`;

const find = `SELECT fingerprint, reply FROM answers WHERE key = $1 AND expires_at > ${nowMs}`;

/** Ways to the database: what reads must not wait behind writes that wait for a lock. */
export interface PostgresQueries {
  readonly read: Query;
  readonly write: Query;
}

/** Keeps answers in the table `answers`. A request with a key that another replica is committing waits for that. */
export function postgresAnswers({ read, write }: PostgresQueries): PostgresAnswers {
  let writes = 0;

  const keepWith = async (answer: KeptAnswer, insert: string, values: readonly unknown[]) => {
    const { key, fingerprint, reply, keptForMs } = answer;
    if (writes++ % sweepEvery === 0) await write(sweep);
    const text = `WITH kept AS (${insertAnswer(values.length)}) ${insert}`;
    const rows = await write(text, [...values, key, fingerprint, reply, keptForMs + marginMs]);
    if (rows.length === 0) throw keyInUse();
  };

  return {
    keepWith,
    async find(key) {
      const [answer] = await read<FoundAnswer>(find, [key]);
      return answer;
    },
    async keep(answer) {
      await keepWith(answer, 'SELECT key FROM kept', []);
    },
  };
}

// Takes the place of an answer that has expired; of any other, none, and then there is no row.
function insertAnswer(valuesBefore: number): string {
  const [key, fingerprint, reply, keptForMs] = [1, 2, 3, 4].map((n) => `$${valuesBefore + n}`);
  return `INSERT INTO answers AS old (key, fingerprint, reply, expires_at)
    VALUES (${key}, ${fingerprint}, ${reply}, ${nowMs} + ${keptForMs}::bigint)
    ON CONFLICT (key) DO UPDATE
    SET fingerprint = excluded.fingerprint, reply = excluded.reply, expires_at = excluded.expires_at
    WHERE old.expires_at <= ${nowMs} RETURNING key`;
}
