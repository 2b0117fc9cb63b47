import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { expired, someAnswer } from '../../../packages/service/test-fixtures/idempotency-store-behaviour.ts';
import { someVisit } from '../test-fixtures/test-visit.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
  file = join(folder, 'guestbook.sqlite');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a SQLite file', () => {
  it('waits to be opened while another process has it for itself', async () => {
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN EXCLUSIVE');
    const opening = openSqliteStore(file);
    setImmediate(() => holder.exec('ROLLBACK'));
    const store = await opening;
    expect(await store.list({ limit: 10 })).toEqual([]);
    holder.close();
    await store.close();
  });

  it('waits, without blocking, while another process holds the lock', async () => {
    const store = await openSqliteStore(file);
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN IMMEDIATE');
    const adding = store.add(someVisit());
    // This runs although the store waits: were the thread blocked, the lock could never be given back.
    setImmediate(() => holder.exec('ROLLBACK'));
    await adding;
    expect(await store.list({ limit: 10 })).toHaveLength(1);
    holder.close();
    await store.close();
  });

  it('keeps its visits where a guestbook before answers were kept wrote it', async () => {
    const older = new DatabaseSync(file);
    older.exec(`CREATE TABLE visits (id TEXT PRIMARY KEY, name TEXT NOT NULL, note TEXT, message TEXT NOT NULL,
      visited_at TEXT NOT NULL) STRICT, WITHOUT ROWID; PRAGMA user_version = 1`);
    const visit = someVisit();
    older
      .prepare('INSERT INTO visits VALUES (?, ?, NULL, ?, ?)')
      .run(visit.id, visit.name, visit.message, visit.visitedAt);
    const store = await openSqliteStore(file);
    await store.add(someVisit(), someAnswer());
    expect((await store.list({ limit: 10 })).at(-1)).toStrictEqual(visit);
    expect(await store.version()).toBe(2);
    await store.close();
    older.close();
  });

  it('has one row for the number of its visits, however often it is opened', async () => {
    for (let i = 0; i < 3; i++) {
      const store = await openSqliteStore(file);
      await store.add(someVisit(), someAnswer());
      await store.close();
    }
    const database = new DatabaseSync(file);
    expect(database.prepare('SELECT count FROM visit_count').all()).toEqual([{ count: 3 }]);
    // As a guestbook left it that added a row at each start.
    database.exec('INSERT INTO visit_count VALUES (0), (0)');
    await (await openSqliteStore(file)).close();
    expect(database.prepare('SELECT count FROM visit_count').all()).toEqual([{ count: 3 }]);
    database.close();
  });

  it('forgets answers that have expired', async () => {
    const store = await openSqliteStore(file);
    for (let i = 0; i < 5; i++) await store.add(someVisit(), someAnswer(expired));
    await store.add(someVisit(), someAnswer());
    await store.close();
    const database = new DatabaseSync(file);
    expect(database.prepare('SELECT count(*) AS n FROM answers').get()).toEqual({ n: 1 });
    database.close();
  });

  it('is refused, by its name, where a newer guestbook or another program wrote it', async () => {
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE visits (id TEXT)');
    await expectRefusal(file, 'has other tables than a guestbook needs (table visits already exists)');
    other.exec('PRAGMA user_version = 2');
    await expectRefusal(file, 'has other tables than expected (no such column');
    other.exec('PRAGMA user_version = 99');
    await expectRefusal(file, 'has schema version 99, this guestbook knows up to 3');
    other.exec('PRAGMA user_version = -1');
    await expectRefusal(file, 'has other tables than a guestbook needs (schema version -1)');
    other.close();
  });

  it('is refused, and left as it is, where it has tables of another program', async () => {
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE songs (title TEXT)');
    await expectRefusal(file, 'has other tables than a guestbook needs (table songs already exists)');
    expect(other.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'songs' }]);
    other.close();
  });

  it.each([
    'DELETE FROM clock',
    'UPDATE clock SET elapsed_ms = 9223372036854775807',
    'UPDATE clock SET elapsed_ms = 9007199254740991',
    'UPDATE clock SET elapsed_ms = -1',
  ])('is refused where its clock is of no use: %s', async (statement) => {
    await (await openSqliteStore(file)).close();
    const other = new DatabaseSync(file);
    other.exec(statement);
    other.close();
    await expectRefusal(file, 'no time in table clock');
  });

  it.each(['', '-wal'])('takes no visit that would be lost where guestbook.sqlite%s is removed', async (end) => {
    const store = await openSqliteStore(file);
    await store.add(someVisit());
    await rm(`${file}${end}`);
    const refusal = { code: 'upstream_unavailable', status: 503, retryAfterMs: 2_000 };
    await expect(store.add(someVisit())).rejects.toMatchObject(refusal);
    await expect(store.answers.keep(someAnswer())).rejects.toMatchObject(refusal);
    expect(await store.list({ limit: 10 })).toHaveLength(1);
    await writeFile(`${file}${end}`, '');
    await expect(store.add(someVisit(), someAnswer())).rejects.toMatchObject(refusal);
    await store.close();
  });

  it.each([
    ['where it begins', 0],
    ['at its schema', 100],
    ['in its middle', 12_288],
  ])('is refused, by its name, where it is damaged %s', async (_, position) => {
    const store = await openSqliteStore(file);
    for (let i = 0; i < 30; i++) await store.add(someVisit({ note: 'x'.repeat(1_000) }), someAnswer());
    await store.close();
    const damaged = await open(file, 'r+');
    await damaged.write(Buffer.alloc(4_000, 'garbage '), 0, 4_000, position);
    await damaged.close();
    await expectRefusal(file, 'is corrupt', 'restore it from a backup');
  });

  it('is refused, by its name, where it or its folder is something else', async () => {
    await mkdir(file);
    await expectRefusal(file, 'cannot be opened', 'DATA_DIR');
    const plain = join(folder, 'plain');
    await writeFile(plain, '');
    await expectRefusal(join(plain, 'guestbook.sqlite'), 'cannot be made (EEXIST)', 'DATA_DIR');
    await expectRefusal(join(plain, 'below', 'guestbook.sqlite'), 'cannot be made (ENOTDIR)', 'DATA_DIR');
  });

  it('is refused, by its name, where another program never lets go of it', async () => {
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN EXCLUSIVE');
    const error = await openSqliteStore(file, { startTimeoutMs: 50 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(`${file} is locked by another`),
    });
    holder.close();
  });
});

/** Opening must fail with one sentence that names the file. */
async function expectRefusal(file: string, ...parts: string[]) {
  const error = await openSqliteStore(file).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining(file) });
  const { message } = error as Error;
  for (const part of parts) expect(message).toContain(part);
  expect(message).not.toContain('\n');
}
