import { expect, it } from '@jest/globals';
import { always, fakeUpstream, refused, virtualClock } from '@parley/client/testing';
import { createStock } from './adapter.ts';

const clock = virtualClock();
const upstream = fakeUpstream(
  'stock',
  ({ path }) => (path === '/items/7' ? { body: { id: '7', name: 'Teapot', left: 3 } } : { status: 404 }),
  { clock },
);
const stock = createStock(upstream);

it('finds what is there', async () => {
  expect(await stock.find('7')).toMatchObject({ name: 'Teapot' });
  expect(await stock.find('8')).toBeUndefined();
});

it('fails after three attempts while the service is down', async () => {
  const end = upstream.inject(always(refused()));
  await expect(clock.run(stock.find('7'))).rejects.toMatchObject({ code: 'ECONNREFUSED', cause: { attempts: 3 } });
  end();
});
