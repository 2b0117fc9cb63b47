import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, paginate } from '@parley/client';
import { inMemoryUpstream } from '@parley/client/testing';
import { CallError } from '@parley/contract';
import { guestbook, unknownVisit } from '@parley/guestbook';
import { v7 as uuidv7 } from 'uuid';
import { createHandlers } from './handlers.ts';
import { openStore } from './store.ts';
import type { VisitStore } from './visit.ts';

let folder: string;
let store: VisitStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestbook-'));
  store = await openStore({ DATA_DIR: folder });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const friendly = { sayHello: async ({ name = 'World' } = {}) => ({ message: `Hello ${name}` }) };

describe('addVisit', () => {
  it('keeps the visit with the greeting, and returns its location', async () => {
    const { addVisit, getVisit } = createHandlers(store, friendly);
    const { location, ...visit } = await addVisit({ name: 'Ada', note: 'I was here' });
    expect(visit).toMatchObject({ name: 'Ada', note: 'I was here', message: 'Hello Ada' });
    expect(Math.abs(Date.now() - Date.parse(visit.visitedAt))).toBeLessThan(5_000);
    expect(location).toBe(`/api/visits/${visit.id}`);
    expect(await getVisit({ id: visit.id })).toEqual(visit);
  });

  it('keeps nothing when hello fails', async () => {
    const away = new CallError('unavailable', 'no endpoint answers');
    const { addVisit, listVisits } = createHandlers(store, { sayHello: () => Promise.reject(away) });
    await expect(addVisit({ name: 'Ada' })).rejects.toBe(away);
    expect(await listVisits({ limit: 20 })).toEqual({ visits: [] });
  });
});

describe('listVisits', () => {
  it('gives pages that join up, newest first, until there is no next', async () => {
    const { addVisit, listVisits } = createHandlers(store, friendly);
    for (const name of ['Ada', 'Ben', 'Cleo', 'Dan']) await addVisit({ name });
    const namesOf = (page: { visits: { name: string }[] }) => page.visits.map(({ name }) => name);

    const first = await listVisits({ limit: 2 });
    const second = await listVisits({ limit: 2, cursor: first.next });
    expect([namesOf(first), namesOf(second)]).toEqual([
      ['Dan', 'Cleo'],
      ['Ben', 'Ada'],
    ]);
    expect(second.next).toBeUndefined();
  });

  it('gives a caller all visits, whatever the size of a page', async () => {
    const handlers = createHandlers(store, friendly);
    for (const name of ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve']) await handlers.addVisit({ name });
    const client = createClient(guestbook, inMemoryUpstream(guestbook, handlers));
    const names: string[] = [];
    const visits = paginate(client.listVisits, { limit: 2 }, { items: 'visits', next: 'next', cursor: 'cursor' });
    for await (const { name } of visits) names.push(name);
    expect(names).toEqual(['Eve', 'Dan', 'Cleo', 'Ben', 'Ada']);
  });
});

describe('getVisit', () => {
  it('throws the error of the contract for an unknown id', async () => {
    const { getVisit } = createHandlers(store, friendly);
    const error = await getVisit({ id: uuidv7() }).catch((reason: unknown) => reason);
    expect(unknownVisit.is(error)).toBe(true);
  });
});
