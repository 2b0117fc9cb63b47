import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { expired, someAnswer } from '../../../packages/service/test-fixtures/idempotency-store-behaviour.ts';
import { startPostgres, type TestPostgres } from '../../../packages/service/test-fixtures/test-postgres.ts';
import { describeWith } from '../../../test/needs.ts';
import { someVisit } from '../test-fixtures/test-visit.ts';
import type { VisitStore } from '../visit.ts';
import { openPostgresStore } from './postgres-store.ts';

const away = { code: 'upstream_unavailable', status: 503, detail: 'the database cannot be reached' };
const busy = {
  code: 'upstream_unavailable',
  status: 503,
  retryAfterMs: 2_000,
  detail: expect.stringContaining('busy'),
};
const late = { code: 'upstream_timeout', status: 504, detail: 'the database did not answer in time' };

describeWith('PostgreSQL')('a PostgreSQL store', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.remove());

  let url: string;
  let store: VisitStore;
  beforeEach(async () => {
    url = await postgres.emptyUrl();
    store = await openPostgresStore(url);
  });
  afterEach(() => store.close());

  it('fails while the database is away, and works again when it is back', async () => {
    const visit = someVisit();
    await store.add(visit);
    await postgres.kill();

    await expect(store.list({ limit: 10 })).rejects.toMatchObject(away);
    await expect(store.add(someVisit())).rejects.toMatchObject(away);
    await expect(store.find(visit.id)).rejects.toMatchObject(away);

    await postgres.start();
    expect(await store.list({ limit: 10 })).toStrictEqual([visit]);
  });

  it('survives the loss of connections that are in use', async () => {
    const other = await postgres.connect();
    await other.query(`BEGIN; LOCK TABLE ${placeOf(url)}.visits`);
    const outcomes = Promise.allSettled([store.list({ limit: 10 }), store.add(someVisit())]);
    await postgres.kill();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: away });
    }
    await postgres.start();
    expect(await store.list({ limit: 10 })).toStrictEqual([]);
  });

  it('gives up on a lock that another program keeps', async () => {
    const impatient = await openPostgresStore(url, { timeoutMs: 200 });
    const other = await postgres.connect();
    await other.query(`BEGIN; LOCK TABLE ${placeOf(url)}.visits`);
    // The server's own timeout, so that nothing runs on there.
    await expect(impatient.list({ limit: 10 })).rejects.toMatchObject({ ...busy, cause: { code: '55P03' } });
    await other.end();
    expect(await store.list({ limit: 10 })).toStrictEqual([]);
    await impatient.close();
  });

  it('gives up on a server that hangs', async () => {
    const impatient = await openPostgresStore(url, { timeoutMs: 200 });
    await impatient.list({ limit: 10 });
    const other = await postgres.connect();
    const hanging = await other.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE client_port > 0');
    const pids = hanging.rows.map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await expect(impatient.list({ limit: 10 })).rejects.toMatchObject(late);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await other.end();
    await impatient.close();
  });

  it('forgets answers that have expired, a hundred writes later', async () => {
    for (let i = 0; i < 100; i++) await store.add(someVisit(), someAnswer(expired));
    await store.add(someVisit(), someAnswer());
    const other = await postgres.connect();
    const { rows } = await other.query(`SELECT count(*)::int AS n FROM ${placeOf(url)}.answers`);
    await other.end();
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('waits at start for a database that is still starting', async () => {
    await postgres.kill();
    const opening = openPostgresStore(url);
    await postgres.start();
    const opened = await opening;
    expect(await opened.list({ limit: 10 })).toStrictEqual([]);
    await opened.close();
  });

  it('gives up at start with a sentence that says why, and no secret', async () => {
    const nowhere = url.replace('postgres@', 'postgres:s3cret@').replace(/:\d+\//, ':1/');
    const error = await openPostgresStore(nowhere, { startTimeoutMs: 0 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('0 ms (connect ECONNREFUSED'),
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cret');
  });

  it('keeps the password out of what it throws while the database is away', async () => {
    const secret = await openPostgresStore(url.replace('postgres@', 'postgres:s3cret@'));
    await postgres.kill();
    const error = await secret.list({ limit: 10 }).catch((reason: unknown) => reason);
    await postgres.start();
    await secret.close();
    expect(error).toMatchObject(away);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cret');
  });

  it('does not wait for a database that refuses', async () => {
    const place = placeOf(url);
    const other = await postgres.connect();
    await other.query(`CREATE SCHEMA old_${place}; CREATE TABLE old_${place}.visits (id uuid)`);
    await other.end();
    const refusals = [
      [url.replace(place, 'missing_place'), 'no schema has been selected'],
      [url.replace(place, `old_${place}`), 'column "name" does not exist'],
      [url.replace('/postgres?', '/missing?'), 'database "missing" does not exist'],
      [url.replace('postgres@', 'nobody:s3cret@'), 'role "nobody" does not exist'],
      [`${url}&sslmode=verify-full`, 'does not support SSL'],
      [`${url}&sslrootcert=/missing.pem`, 'a file in sslrootcert that cannot be read (ENOENT)'],
      [`${url}&sslkey=s3cret`, 'a file in sslkey that cannot be read (ENOENT)'],
      [url.replace('postgres@', 'u:s3/cret@'), 'percent-encoded'],
    ] as const;
    for (const [wrong, reason] of refusals) {
      const error = await openPostgresStore(wrong).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining(reason) });
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/s3|cret/);
    }
  });
});

function placeOf(url: string): string {
  return /place_\d+/.exec(decodeURIComponent(url))?.[0] ?? '';
}
