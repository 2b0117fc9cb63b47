import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { now, runInContext } from '@parley/contract';
import { eventually } from '../../../../../test/eventually.ts';
import { lockQueue, type WhenFree } from './lock-queue.ts';

const busy = { code: 'upstream_unavailable', status: 503, retryAfterMs: 2_000 };

let folder: string;
let holder: DatabaseSync;
let own: DatabaseSync;
let whenFree: WhenFree;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  holder = new DatabaseSync(join(folder, 'a.sqlite'), { timeout: 0 });
  own = new DatabaseSync(join(folder, 'a.sqlite'), { timeout: 0 });
  holder.exec('PRAGMA journal_mode = WAL; CREATE TABLE things (n INTEGER)');
  whenFree = lockQueue();
});
afterEach(async () => {
  holder.close();
  own.close();
  await rm(folder, { recursive: true });
});

const insert = (n: number) => () => own.prepare('INSERT INTO things VALUES (?)').run(n);
const kept = () =>
  own
    .prepare('SELECT n FROM things ORDER BY rowid')
    .all()
    .map(({ n }) => n);

describe('lockQueue', () => {
  it('does work at once where the lock is free', async () => {
    expect(await whenFree(() => 7)).toBe(7);
  });

  it('does what waited in its order, once the lock is free', async () => {
    holder.exec('BEGIN IMMEDIATE');
    const waiting = [1, 2, 3].map((n) => whenFree(insert(n)));
    expect(kept()).toEqual([]);
    holder.exec('ROLLBACK');
    await Promise.all(waiting);
    expect(kept()).toEqual([1, 2, 3]);
  });

  it('lets only the first try again, however many wait', async () => {
    holder.exec('BEGIN IMMEDIATE');
    const tries = Array.from({ length: 50 }, () => jest.fn(insert(1)));
    const waiting = tries.map((work) => whenFree(work));
    await eventually(() => (tries[0]?.mock.calls.length ?? 0) >= 4);
    expect(tries.filter((work) => work.mock.calls.length > 0)).toEqual([tries[0]]);
    holder.exec('ROLLBACK');
    await Promise.all(waiting);
    expect(kept()).toHaveLength(50);
  });

  it('gives up before the deadline of the request, with 503', async () => {
    holder.exec('BEGIN IMMEDIATE');
    const deadlineMs = now() + 300;
    await expect(runInContext({ deadlineMs }, () => whenFree(insert(1)))).rejects.toMatchObject(busy);
    expect(now()).toBeLessThan(deadlineMs + 5_000);
    holder.exec('ROLLBACK');
  });

  it('never does what its caller has given up', async () => {
    holder.exec('BEGIN IMMEDIATE');
    const caller = new AbortController();
    const waiting = runInContext({ signal: caller.signal }, () => whenFree(insert(1)));
    caller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    holder.exec('ROLLBACK');
    await whenFree(insert(2));
    expect(kept()).toEqual([2]);
  });

  it('refuses at once what would be the 171st to wait', async () => {
    holder.exec('BEGIN IMMEDIATE');
    const waiting = Array.from({ length: 170 }, (_, n) => whenFree(insert(n)));
    await expect(whenFree(insert(170))).rejects.toMatchObject(busy);
    holder.exec('ROLLBACK');
    await Promise.all(waiting);
    expect(kept()).toHaveLength(170);
  });

  it('gives up with 503 when the lock is never given back', async () => {
    holder.exec('BEGIN IMMEDIATE');
    await expect(whenFree(insert(1), 0)).rejects.toMatchObject(busy);
    holder.exec('ROLLBACK');
  });

  it('makes the error of waiting work its own, and goes on', async () => {
    holder.exec('BEGIN IMMEDIATE');
    const wrong = whenFree(() => {
      insert(1)();
      throw new Error('boom');
    });
    const next = whenFree(insert(2));
    holder.exec('ROLLBACK');
    await expect(wrong).rejects.toThrow('boom');
    await next;
  });
});
