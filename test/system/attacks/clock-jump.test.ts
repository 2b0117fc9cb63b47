import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type TestPostgres } from '../../../packages/service/test-fixtures/test-postgres.ts';
import { has } from '../../needs.ts';
import { type RunningService, startService } from '../../running-service.ts';

/** Debian's package `faketime`. */
const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const hasFaketime = existsSync(library);
if (!hasFaketime) console.warn(`${library} is not on this machine: no clock is set wrong (apt-get install faketime)`);

/** By each replica. */
const answers = 30;

let greetings: RunningService;
let hello: RunningService;
beforeAll(async () => {
  greetings = await startService('greetings');
  hello = await startService('hello', { GREETINGS_URL: greetings.url });
}, 30_000);
afterAll(async () => {
  await hello?.stop();
  await greetings?.stop();
});

const databases = has('PostgreSQL') ? ['SQLite', 'PostgreSQL'] : ['SQLite'];
const jumps = ['+25h', '-25h'];
const cases = databases.flatMap((database) => jumps.map((jump) => [database, jump] as const));

(hasFaketime ? describe : describe.skip).each(cases)('guestbooks in %s, one of them at %s', (database, jump) => {
  let folder: string;
  let postgres: TestPostgres | undefined;
  let replicas: readonly RunningService[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
    if (database === 'PostgreSQL') postgres = await startPostgres();
    const place = postgres ? { DATABASE_URL: await postgres.emptyUrl() } : { DATA_DIR: folder };
    const environment = { HELLO_URL: hello.url, ...place };
    const wrongClock = { LD_PRELOAD: library, FAKETIME: jump };
    replicas = await Promise.all(
      [{}, wrongClock].map((clock) => startService('guestbook', { ...environment, ...clock })),
    );
  }, 60_000);
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await postgres?.remove();
    await rm(folder, { recursive: true });
  }, 30_000);

  const sign = async (replica: number, key: string) => {
    const reply = await fetch(`${replicas[replica]?.url}/api/visits`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ name: key }),
    });
    const { id, visitedAt } = (await reply.json()) as { readonly id: string; readonly visitedAt: string };
    return { status: reply.status, id, visitedAt, isReplay: reply.headers.has('idempotent-replayed') };
  };

  const signAll = (replica: number, keys: readonly string[]) => Promise.all(keys.map((key) => sign(replica, key)));

  it('answer each key once, whichever of them is asked first and again', async () => {
    // The second one sweeps, at its first write, what it believes to have expired.
    const order = jump.startsWith('+') ? [0, 1] : [1, 0];
    const signed = [];
    for (const replica of order) {
      const keys = Array.from({ length: answers }, () => randomUUID());
      signed.push({ replica, keys, first: await signAll(replica, keys) });
    }
    // The clocks are a day apart, or nothing is shown.
    const [one = 0, other = 0] = signed.map(({ first }) => Date.parse(first[0]?.visitedAt ?? ''));
    expect(Math.abs(one - other)).toBeGreaterThan(80_000_000);

    let again = 0;
    for (const { replica, keys, first } of signed) {
      expect(first.filter(({ status }) => status !== 201)).toEqual([]);
      for (const asked of [1 - replica, replica]) {
        const replies = await signAll(asked, keys);
        again += replies.filter(({ isReplay }) => !isReplay).length;
        if (again === 0) expect(replies.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
      }
    }
    console.info(`${database} ${jump}: ${JSON.stringify({ answers: 2 * answers, answeredAgain: again })}`);
    expect(again).toBe(0);
  }, 30_000);
});
