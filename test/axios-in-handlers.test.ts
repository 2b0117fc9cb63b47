import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, parleyAdapter } from '@parley/client';
import { type FakeHandler, fakeUpstream, virtualClock } from '@parley/client/testing';
import { defineContract, get } from '@parley/contract';
import { startService } from '@parley/service/testing';
import axios from 'axios';
import { z } from 'zod';

const shop = defineContract('shop', {
  countItems: get('/api/count', { summary: 'How many items there are', output: z.object({ count: z.number() }) }),
});

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Calls a service whose handler calls another one through axios, and lets what that throws through. */
async function codeOf(stock: FakeHandler): Promise<unknown> {
  const upstream = fakeUpstream('stock', stock, { maxAttempts: 1, clock: virtualClock() });
  const http = axios.create({ adapter: parleyAdapter(upstream) });
  const service = await startService(shop, {
    countItems: async () => ({ count: (await http.get<unknown[]>('/items')).data.length }),
  });
  const toShop = createUpstream('shop', service.url, { maxAttempts: 1 });
  open.push(toShop, { close: () => service.stop() });
  return createClient(shop, toShop)
    .countItems()
    .then(
      ({ count }) => count,
      (error) => error.code,
    );
}

describe('an AxiosError that a handler lets through', () => {
  it.each<[string, FakeHandler, unknown]>([
    ['nothing, where all is well', () => ({ body: [1, 2] }), 2],
    ['upstream_unavailable, where its upstream is down', () => ({ status: 503 }), 'upstream_unavailable'],
    [
      'upstream_unavailable, where the connection broke',
      () => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })),
      'upstream_unavailable',
    ],
    ['upstream_failed, where its upstream refuses', () => ({ status: 404 }), 'upstream_failed'],
    ['internal, where the handler itself has a bug', () => ({ body: null }), 'internal'],
  ])('is %s', async (_, stock, code) => {
    expect(await codeOf(stock)).toBe(code);
  });
});
