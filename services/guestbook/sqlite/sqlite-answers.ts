import type { DatabaseSync } from 'node:sqlite';
import { type IdempotencyStore, type KeptAnswer, keyInUse } from '@parley/service';
import { fileClock } from './file-clock.ts';
import { inTransaction } from './in-transaction.ts';
import type { WhenFree } from './lock-queue.ts';

/** Answers to keyed requests in a SQLite file. */
export interface SqliteAnswers extends IdempotencyStore {
  /** Keeps an answer and does other work in one transaction. @throws CallError `idempotency_key_in_use`, with nothing done */
  keepWith(answer: KeptAnswer, work: () => void): void;
}

/** Where work on the file waits for a lock. */
export interface SqliteQueues {
  readonly reading: WhenFree;
  readonly writing: WhenFree;
}

/** Keeps answers in the table `answers` of a database that has one. They expire by its {@link fileClock}. */
export function sqliteAnswers(database: DatabaseSync, { reading, writing }: SqliteQueues): SqliteAnswers {
  const clock = fileClock(database);
  const one = database.prepare('SELECT fingerprint, reply FROM answers WHERE key = ? AND expires_at > ?');
  const insert = database.prepare(`
    INSERT INTO answers AS old (key, fingerprint, reply, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE
    SET fingerprint = excluded.fingerprint, reply = excluded.reply, expires_at = excluded.expires_at
    WHERE old.expires_at <= ?`);
  const sweep = database.prepare(
    'DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE expires_at <= ? LIMIT 100)',
  );

  const keepWith = ({ key, fingerprint, reply, keptForMs }: KeptAnswer, work: () => void) =>
    inTransaction(database, () => {
      const nowMs = clock.advance();
      sweep.run(nowMs);
      if (insert.run(key, fingerprint, reply, nowMs + keptForMs, nowMs).changes === 0) throw keyInUse();
      work();
    });

  return {
    keepWith,
    async find(key) {
      const row = await reading(() => one.get(key, clock.nowMs()));
      return row && { fingerprint: String(row.fingerprint), reply: String(row.reply) };
    },
    async keep(answer) {
      await writing(() => keepWith(answer, () => {}));
    },
  };
}
