import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openStore, type StoreSettings } from './store.ts';
import { databasesHere } from './test-fixtures/test-databases.ts';
import { someVisit } from './test-fixtures/test-visit.ts';
import type { Visit, VisitStore } from './visit.ts';

describe.each(databasesHere())('a store in %s', (_, emptyDatabase) => {
  let settings: StoreSettings;
  let store: VisitStore;
  beforeEach(async () => {
    settings = await emptyDatabase();
    store = await openStore(settings);
  });
  afterEach(() => store.close());

  it('finds a visit that was added, as it was', async () => {
    const plain = someVisit();
    const noted = someVisit({ note: 'first line\n\tsecond line', visitedAt: '2024-02-29T23:59:59.007Z' });
    const emptyNote = someVisit({ note: '' });
    for (const visit of [plain, noted, emptyNote]) await store.add(visit);
    for (const visit of [plain, noted, emptyNote]) expect(await store.find(visit.id)).toStrictEqual(visit);
  });

  it('has a version that is higher after each visit, from any replica, and is still there when it is opened again', async () => {
    const other = await openStore(settings);
    const versions = [await store.version()];
    for (const each of [store, other, store]) {
      await each.add(someVisit());
      versions.push(await each.version());
    }
    await other.close();
    const again = await openStore(settings);
    await again.add(someVisit());
    versions.push(await again.version());
    await again.close();
    expect(versions).toStrictEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(await store.version()).toBeGreaterThanOrEqual(Number(versions.at(-1)));
  });

  it('finds nothing under an unknown id', async () => {
    expect(await store.find(someVisit().id)).toBeUndefined();
  });

  it('keeps every character of every script', async () => {
    const names = ['Zoë', 'Żółć', '李小龍', 'עברית', '👩🏽‍🚀', '𝒳', "Robert'); DROP TABLE visits;--", '%_\\'];
    const visits = names.map((name) => someVisit({ name, note: name, message: `Hello ${name}` }));
    await Promise.all(visits.map((visit) => store.add(visit)));
    expect(await store.list({ limit: 100 })).toStrictEqual(visits.toReversed());
  });

  it('refuses a second visit with the same id, and keeps the first', async () => {
    const visit = someVisit();
    await store.add(visit);
    await expect(store.add({ ...visit, name: 'Eve' })).rejects.toThrow(/unique/i);
    expect(await store.list({ limit: 10 })).toStrictEqual([visit]);
  });

  it('lists the newest first, up to the limit, before the cursor', async () => {
    const visits = [someVisit(), someVisit(), someVisit(), someVisit()];
    for (const visit of visits) await store.add(visit);
    const [oldest, second, third, newest] = visits;
    expect(await store.list({ limit: 2 })).toStrictEqual([newest, third]);
    expect(await store.list({ limit: 5, before: third?.id })).toStrictEqual([second, oldest]);
    expect(await store.list({ limit: 5, before: oldest?.id })).toStrictEqual([]);
  });

  it('pages through all old visits exactly once while new ones arrive', async () => {
    const arrivals = fc.array(fc.nat({ max: 3 }), { maxLength: 30 });
    const property = fc.asyncProperty(
      fc.nat({ max: 25 }),
      fc.integer({ min: 1, max: 8 }),
      arrivals,
      async (...given) => {
        const [size, limit, arrivingPerPage] = given;
        const fresh = await openStore(await emptyDatabase());
        try {
          const old = Array.from({ length: size }, () => someVisit());
          for (const visit of old) await fresh.add(visit);

          const seen: Visit[] = [];
          for (let page = 0; ; page++) {
            const visits = await fresh.list({ limit, before: seen.at(-1)?.id });
            seen.push(...visits);
            if (visits.length < limit) break;
            for (let i = 0; i < (arrivingPerPage[page] ?? 0); i++) await fresh.add(someVisit());
          }
          expect(seen).toStrictEqual(old.toReversed());
        } finally {
          await fresh.close();
        }
      },
    );
    await fc.assert(property, { numRuns: 20 });
  });

  it('opens many times at once on an empty database', async () => {
    const empty = await emptyDatabase();
    const stores = await Promise.all(Array.from({ length: 8 }, () => openStore(empty)));
    const visits = stores.map(() => someVisit());
    await Promise.all(stores.map((each, i) => each.add(visits[i] as Visit)));
    for (const each of stores) expect(await each.list({ limit: 10 })).toStrictEqual(visits.toReversed());
    await Promise.all(stores.map((each) => each.close()));
  });

  it('still has its visits when it is opened again', async () => {
    const visit = someVisit({ note: 'bye' });
    await store.add(visit);
    await store.close();
    store = await openStore(settings);
    expect(await store.list({ limit: 10 })).toStrictEqual([visit]);
  });

  it('may be closed twice', async () => {
    await store.close();
    await expect(store.close()).resolves.toBeUndefined();
  });
});
