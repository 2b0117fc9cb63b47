// Vitest runs this as it is, and Jest once it is compiled: both have `test` as a global.
import assert from 'node:assert/strict';
import { createClient } from '@parley/client';
import { failing, inMemoryUpstream } from '@parley/client/testing';
import { inMemoryService } from '@parley/service/testing';
import { catalogue, unknownArticle } from '../catalogue/contract.js';
import { handlers as catalogueHandlers } from '../catalogue/handlers.js';
import { orders } from './contract.js';
import { createHandlers } from './handlers.js';

declare const test: (name: string, check: () => Promise<void>) => void;

test('adds up the prices, through failures of the catalogue', async () => {
  const upstream = inMemoryUpstream(catalogue, catalogueHandlers);
  upstream.inject(failing(2));
  const { addOrder } = createHandlers(createClient(catalogue, upstream));
  assert.deepEqual(await addOrder({ articles: ['tea', 'cup'] }), { id: '1', totalCents: 1350 });
  await upstream.close();
});

test('hands on that an article is unknown', async () => {
  const { addOrder } = createHandlers(catalogueHandlers);
  await assert.rejects(Promise.resolve(addOrder({ articles: ['tee'] })), (error) => unknownArticle.is(error));
});

test('answers over HTTP, and refuses an order of nothing', async () => {
  const { request } = inMemoryService(orders, createHandlers(catalogueHandlers));
  const answer = await request('POST', '/orders', { body: { articles: ['tea'] } });
  assert.deepEqual([answer.status, answer.body], [201, { id: '1', totalCents: 450 }]);
  assert.equal((await request('POST', '/orders', { body: { articles: [] } })).status, 400);
});
