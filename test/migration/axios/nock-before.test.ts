import { afterEach, expect, it } from '@jest/globals';
import nock from 'nock';
import { createStock } from './before.ts';

const stock = createStock('http://stock.test/v1');
afterEach(async () => {
  nock.cleanAll();
  await stock.close();
});

it('finds an item', async () => {
  nock('http://stock.test').get('/v1/items/7').reply(200, { id: '7', name: 'Teapot', left: 3 });
  expect(await stock.find('7')).toMatchObject({ name: 'Teapot' });
});
