import { afterEach, describe, expect, it } from '@jest/globals';
import { type CacheUse, createClient, createUpstream, parleyFetch, type Upstream } from '@parley/client';
import { bytes, defineContract, get, put } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';
import { eventually } from '../eventually.ts';

const item = z.object({ id: z.string(), name: z.string() });
const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', {
    summary: 'One item',
    input: z.object({ id: z.string() }),
    output: item,
    cache: { maxAgeS: 60, scope: 'private' },
  }),
  putItem: put('/api/items/{id}', { summary: 'Renames it', input: item, output: item }),
  getPicture: get('/api/pictures/{id}', { summary: 'p', input: z.object({ id: z.string() }), output: bytes() }),
});

let service: StartedService;
let upstream: Upstream;
afterEach(async () => {
  await upstream.close();
  await service.stop();
});

/** A shop over HTTP that holds its first answer, a client with a cache, and how often the shop was asked. */
async function started({ singleFlight = false, firstAnswer = Promise.resolve() } = {}) {
  const names = new Map([['7', 'a lamp']]);
  const asked: string[] = [];
  const read = (operation: string) => async (input: { id: string }) => {
    const found = { id: input.id, name: names.get(input.id) ?? '' };
    if (asked.push(operation) === 1) await firstAnswer;
    return found;
  };
  service = await startService(shop, {
    getItem: read('getItem'),
    putItem: async (input) => {
      names.set(input.id, input.name);
      return input;
    },
    getPicture: async () => {
      asked.push('getPicture');
      return new Uint8Array(100_000);
    },
  });
  upstream = createUpstream('shop', service.url, { cache: true, singleFlight });
  const results: string[] = [];
  upstream.subscribe({ onCache: ({ result }: CacheUse) => void results.push(result) });
  return { client: createClient(shop, upstream), asked, results };
}

describe('a client with a cache, and a service over HTTP', () => {
  it('asks once for a reply that is fresh, by the typed client and by fetch', async () => {
    const { client, asked, results } = await started();
    for (let call = 0; call < 3; call++) expect(await client.getItem({ id: '7' })).toEqual({ id: '7', name: 'a lamp' });
    expect([asked, results]).toEqual([['getItem'], ['miss', 'hit', 'hit']]);
    const cachedFetch = parleyFetch(upstream);
    for (let call = 0; call < 2; call++) {
      const response = await cachedFetch(`${service.url}/api/items/7`);
      expect([response.status, await response.json()]).toEqual([200, { id: '7', name: 'a lamp' }]);
    }
    expect(asked).toEqual(['getItem', 'getItem']); // bytes and texts are apart
  });

  it('sends one request for calls at the same time', async () => {
    const { client, asked } = await started();
    await Promise.all(Array.from({ length: 50 }, () => client.getItem({ id: '7' })));
    expect(asked).toHaveLength(1);
  });

  it('sees its own write', async () => {
    const { client } = await started();
    await client.getItem({ id: '7' });
    await client.putItem({ id: '7', name: 'a chair' });
    expect(await client.getItem({ id: '7' })).toEqual({ id: '7', name: 'a chair' });
  });

  it.each([false, true])(
    'sees its own write while a read from before it is under way; singleFlight: %s',
    async (singleFlight) => {
      const first = Promise.withResolvers<void>();
      const { client, asked } = await started({ singleFlight, firstAnswer: first.promise });
      const before = client.getItem({ id: '7' });
      await eventually(() => asked.length === 1);
      await client.putItem({ id: '7', name: 'a chair' });
      const after = client.getItem({ id: '7' });
      await eventually(() => asked.length === 2);
      first.resolve();
      expect((await before).name).toBe('a lamp');
      expect((await after).name).toBe('a chair');
      expect((await client.getItem({ id: '7' })).name).toBe('a chair');
    },
  );

  it('streams bytes past the cache', async () => {
    const { client, asked, results } = await started();
    for (let call = 0; call < 2; call++)
      expect((await (await client.getPicture({ id: '7' })).bytes()).length).toBe(100_000);
    expect([asked.length, results]).toEqual([2, ['bypass', 'bypass']]);
  });

  it('tells the story of a stored reply to a caller that asks', async () => {
    const { client } = await started();
    const askedMs = performance.now();
    await client.getItem({ id: '7' });
    const { story } = await client.getItem.explain({ id: '7' });
    const [, age] = /cache +hit: the stored reply is fresh, (\d+) s old/.exec(String(story)) ?? [];
    // A second may have begun meanwhile.
    expect(Number(age)).toBeLessThanOrEqual(Math.ceil((performance.now() - askedMs) / 1000));
  });
});
