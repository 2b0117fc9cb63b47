import { expect, it } from '@jest/globals';
import { inMemoryUpstream } from '@parley/client/testing';
import { stock as contract } from './contract.ts';
import { handlers } from './handlers.ts';
import { createStock } from './typed.ts';

const stock = createStock(inMemoryUpstream(contract, handlers));

it('reserves, and says how many are left where that fails', async () => {
  expect(await stock.reserve('7', 2)).toEqual({ reservation: 'r-1' });
  await expect(stock.reserve('7', 4)).rejects.toThrow('only 3 left');
  expect(await stock.find('8')).toBeUndefined();
});
