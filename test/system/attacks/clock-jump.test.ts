import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, faketimeLibrary } from '../../needs.ts';
import { type RunningService, startService } from '../../running-service.ts';
import { databases, emptyDatabase, type GuestbookDatabase, withHello } from '../guestbook-database.ts';

/** By each replica. */
const answers = 30;

const helloUrl = withHello();

const jumps = ['+25h', '-25h'];
const cases = databases.flatMap((database) => jumps.map((jump) => [database, jump] as const));

describeWith('faketime').each(cases)('guestbooks in %s, one of them at %s', (database, jump) => {
  let place: GuestbookDatabase;
  let replicas: readonly RunningService[];

  beforeAll(async () => {
    place = await emptyDatabase(database);
    const environment = { HELLO_URL: helloUrl(), ...place.environment };
    const wrongClock = { LD_PRELOAD: faketimeLibrary, FAKETIME: jump };
    replicas = await Promise.all(
      [{}, wrongClock].map((clock) => startService('guestbook', { ...environment, ...clock })),
    );
  }, 60_000);
  afterAll(async () => {
    await Promise.all((replicas ?? []).map((replica) => replica.stop()));
    await place?.remove();
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
