import { afterEach, expect, it } from '@jest/globals';
import { interceptedUpstream } from '@parley/client/testing';
import nock from 'nock';
import { createStock, openStock } from './adapter.ts';

const stock = createStock(interceptedUpstream('stock', 'http://stock.test/v1'));
afterEach(() => nock.cleanAll());

it('finds an item', async () => {
  nock('http://stock.test').get('/v1/items/7').reply(200, { id: '7', name: 'Teapot', left: 3 });
  expect(await stock.find('7')).toMatchObject({ name: 'Teapot' });
});

it('finds it through an upstream with sockets of its own too: nock 15 intercepts these', async () => {
  const upstream = openStock('http://stock.test/v1');
  nock('http://stock.test').get('/v1/items/7').reply(200, { id: '7', name: 'Teapot', left: 3 });
  expect(await createStock(upstream).find('7')).toMatchObject({ name: 'Teapot' });
  await upstream.close();
});
