import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import type { TestPostgres } from '../../../packages/service/test-fixtures/test-postgres.ts';
import { type RunningService, startService } from '../../running-service.ts';
import { freePort } from '../../running-system.ts';
import { startCalls } from '../../steady-load.ts';
import { databases, emptyDatabase, type GuestbookDatabase, withHello } from '../guestbook-database.ts';

const lockedForMs = 6_000;
/** Half of the writers give up long before the lock is free, the other half wait for it. */
const hastyMs = 2_000;
/** Kubernetes gives a probe 1 s by default. */
const probeTimeoutMs = 1_000;

const helloUrl = withHello();

describe.each(databases)('a guestbook in %s', (database) => {
  let place: GuestbookDatabase;
  let guestbook: RunningService;
  let adminPort: number;
  let lock: () => Promise<() => Promise<void>>;

  beforeAll(async () => {
    place = await emptyDatabase(database);
    adminPort = await freePort();
    const { environment, file, postgres } = place;
    guestbook = await startService('guestbook', { HELLO_URL: helloUrl(), ADMIN_PORT: `${adminPort}`, ...environment });
    lock = () => (postgres ? lockPostgres(postgres, environment.DATABASE_URL ?? '') : lockSqlite(file));
  }, 60_000);
  afterAll(async () => {
    await guestbook?.stop();
    await place?.remove();
  }, 30_000);

  it('goes on reading and saying that it is ready while another program keeps the write lock', async () => {
    const added: string[] = [];
    const tally: Record<string, number> = {};
    const count = (what: string) => {
      tally[what] = (tally[what] ?? 0) + 1;
      return what;
    };
    const sign = async (n: number) => {
      const patience = n % 2 ? { 'x-request-timeout-ms': `${hastyMs}` } : {};
      const reply = await fetch(`${guestbook.url}/api/visits`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...patience },
        body: JSON.stringify({ name: `visitor ${n}` }),
      });
      const body = (await reply.json()) as { readonly id: string; readonly type?: string };
      if (reply.status === 201) added.push(body.id);
      const retryAfter = reply.headers.has('retry-after') ? ' with Retry-After' : '';
      count(`POST ${reply.status}${body.type?.replace('urn:parley:problem:', ' ') ?? ''}${retryAfter}`);
      return undefined;
    };
    const read = async () => {
      const reply = await fetch(`${guestbook.url}/api/visits?limit=5`, { signal: AbortSignal.timeout(5_000) });
      await reply.text();
      return reply.status === 200 ? undefined : `GET ${reply.status}`;
    };
    const probe = async () => {
      const reply = await fetch(`http://127.0.0.1:${adminPort}/readyz`, {
        signal: AbortSignal.timeout(probeTimeoutMs),
      });
      await reply.text();
      return reply.status === 200 ? undefined : `readyz ${reply.status}`;
    };
    const named = (call: () => Promise<string | undefined>) => () => call().catch((error: Error) => error.name);

    const unlock = await lock();
    const loads = {
      writes: startCalls(20, (n) => sign(n).catch((error: Error) => error.name)),
      reads: startCalls(10, named(read)),
      probes: startCalls(10, named(probe)),
    };
    await pause(lockedForMs);
    await unlock();
    const [writes, reads, probes] = await Promise.all(Object.values(loads).map((load) => load.stop()));
    console.info(`${database}: ${JSON.stringify({ tally, writes, reads, probes })}`);

    expect(reads).toMatchObject({ lost: {} });
    expect(probes).toMatchObject({ lost: {} });
    expect(writes).toMatchObject({ lost: {} });
    const refused = tally['POST 503 upstream_unavailable with Retry-After'] ?? 0;
    expect(refused).toBeGreaterThan(20);
    // On a busy machine a deadline may pass before the service looks at it.
    const late = tally['POST 504 deadline_exceeded'] ?? 0;
    expect(late).toBeLessThan(refused);
    expect(refused + late + added.length).toBe(writes?.sent);
    // SQLite's writers wait until their own deadline; PostgreSQL's 2 s at most.
    if (database === 'SQLite') expect(added.length).toBeGreaterThan(20);
    const kept = await fetch(`${guestbook.url}/api/visits?limit=100`);
    const { visits } = (await kept.json()) as { readonly visits: readonly { readonly id: string }[] };
    expect(added.filter((id) => !visits.some((visit) => visit.id === id))).toEqual([]);
    // What PostgreSQL was asked to write may be written after its caller has got 503; the key tells the two apart.
    if (database === 'SQLite') expect(visits.length).toBeLessThanOrEqual(added.length + late);
  }, 40_000);
});

async function lockSqlite(file: string): Promise<() => Promise<void>> {
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  return async () => {
    other.exec('ROLLBACK');
    other.close();
  };
}

/** Keeps every writer out and lets readers in. */
async function lockPostgres(postgres: TestPostgres, url: string): Promise<() => Promise<void>> {
  const other: Client = await postgres.connect();
  const place = /place_\d+/.exec(decodeURIComponent(url))?.[0];
  await other.query(`BEGIN; LOCK TABLE ${place}.visits IN EXCLUSIVE MODE`);
  return () => other.end();
}
