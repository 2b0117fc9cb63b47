import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databases, emptyDatabase, type GuestbookDatabase, withHello } from './guestbook-database.ts';
import { type ReplicasUnderFire, startUnderFire } from './replicas-under-fire.ts';

const leastVisits = 2_000;
const leastKilled = 8;
const atOnce = 16;
const seed = Number(process.env.SEED ?? 7_251_906);

interface Visit {
  readonly id: string;
  readonly name: string;
}

const helloUrl = withHello();

describe.each(databases)('a guestbook in %s', (database) => {
  let place: GuestbookDatabase;
  let guestbook: ReplicasUnderFire;
  const random = randomFrom(seed);

  beforeAll(async () => {
    place = await emptyDatabase(database);
    const environment = { HELLO_URL: helloUrl(), ...place.environment };
    guestbook = await startUnderFire('guestbook', { replicas: 2, environment, random, longestPauseMs: 1_000 });
  }, 60_000);
  afterAll(async () => {
    await guestbook?.stop();
    await place?.remove();
  }, 30_000);

  it('has every visit exactly once, though its replicas are killed and callers send again until they are answered', async () => {
    const startMs = performance.now();
    const tally: Record<string, number> = {};
    const count = (what: string) => {
      tally[what] = (tally[what] ?? 0) + 1;
    };

    /** Sends one visit until it is answered; now and then it hangs up too early, or sends it twice at once. */
    const sign = async (name: string): Promise<Visit> => {
      const key = randomUUID();
      // Another replica each time.
      for (let n = Math.floor(2 * random()); ; n++) {
        const patienceMs = random() < 0.2 ? 40 * random() : 10_000;
        const sent = [send(guestbook.url(n), key, name, patienceMs, count)];
        if (random() < 0.1) sent.push(send(guestbook.url(n + 1), key, name, 10_000, count));
        const [visit, other] = (await Promise.all(sent)).filter((answer) => answer !== undefined);
        if (visit && other) expect(other).toEqual(visit);
        if (visit) return visit;
        if (performance.now() - startMs > 200_000) throw new Error(`${name} is not answered: ${JSON.stringify(tally)}`);
        await pause(50 * random());
      }
    };

    const names: string[] = [];
    const answered: Visit[] = [];
    const signing = Array.from({ length: atOnce }, async () => {
      while (names.length < leastVisits || guestbook.killed() < leastKilled) {
        const name = `visitor ${names.length}`;
        names.push(name);
        answered.push(await sign(name));
      }
    });
    await Promise.all(signing);
    await guestbook.ceaseFire();

    const ms = Math.round(performance.now() - startMs);
    console.info(
      `${database}: ${JSON.stringify({ seed, visits: names.length, killed: guestbook.killed(), ms, ...tally })}`,
    );
    const kept = await allVisits(guestbook.url(0));
    expect(kept.map(({ name }) => name).sort()).toEqual(names.toSorted());
    expect(byName(answered)).toEqual(byName(kept));
    expect(tally.replayed).toBeGreaterThan(0);
    // On a machine with nothing else to do, a fraction of it.
  }, 240_000);
});

/** Gives the visit, or nothing where no answer came or it was no 201. */
async function send(
  url: string,
  key: string,
  name: string,
  patienceMs: number,
  count: (what: string) => void,
): Promise<Visit | undefined> {
  try {
    const reply = await fetch(`${url}/api/visits`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `"${key}"` },
      body: JSON.stringify({ name }),
      signal: AbortSignal.timeout(Math.ceil(patienceMs)),
    });
    const body = (await reply.json()) as Visit & { readonly type?: string };
    if (reply.status !== 201) {
      count(body.type?.replace('urn:parley:problem:', '') ?? `status ${reply.status}`);
      return undefined;
    }
    count(reply.headers.has('idempotent-replayed') ? 'replayed' : 'fresh');
    return body;
  } catch (error) {
    count((error as Error).name === 'TimeoutError' ? 'hung up' : 'broken');
    return undefined;
  }
}

async function allVisits(url: string): Promise<Visit[]> {
  const all: Visit[] = [];
  let next: string | undefined;
  do {
    const reply = await fetch(`${url}/api/visits?limit=100${next ? `&cursor=${next}` : ''}`);
    const page = (await reply.json()) as { readonly visits: Visit[]; readonly next?: string };
    all.push(...page.visits);
    next = page.next;
  } while (next);
  return all;
}

function byName(some: readonly Visit[]): Record<string, string> {
  return Object.fromEntries(some.map(({ name, id }) => [name, id]));
}

/** Numbers from 0 to 1 that follow from a seed. Mulberry32. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
