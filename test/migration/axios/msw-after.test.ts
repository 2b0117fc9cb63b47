import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { interceptedUpstream } from '@parley/client/testing';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { createStock } from './adapter.ts';

const server = setupServer(
  http.get('http://stock.test/v1/items/7', () => HttpResponse.json({ id: '7', name: 'Teapot', left: 3 })),
);
beforeAll(() => server.listen());
afterAll(() => server.close());

it('finds an item', async () => {
  const stock = createStock(interceptedUpstream('stock', 'http://stock.test/v1'));
  expect(await stock.find('7')).toMatchObject({ name: 'Teapot' });
});
