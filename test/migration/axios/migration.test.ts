import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as adapter from './adapter.ts';
import * as before from './before.ts';
import { type StockService, startStock } from './stock-service.ts';
import * as typed from './typed.ts';

type Stock = Pick<ReturnType<typeof before.createStock>, 'find' | 'reserve' | 'close'>;

function over(create: (upstream: ReturnType<typeof adapter.openStock>) => Pick<Stock, 'find' | 'reserve'>) {
  return (url: string): Stock => {
    const upstream = adapter.openStock(url);
    return { ...create(upstream), close: () => upstream.close() };
  };
}

let service: StockService;
let stock: Stock;
beforeEach(async () => {
  service = await startStock();
});
afterEach(async () => {
  await stock.close();
  await service.close();
});

describe.each<[string, (url: string) => Stock]>([
  ['before', before.createStock],
  ['with the adapter', over(adapter.createStock)],
  ['with a contract', over(typed.createStock)],
])('a code base that calls axios, %s', (_, create) => {
  beforeEach(() => {
    stock = create(service.url);
  });

  it('finds what is there, and nothing where nothing is', async () => {
    expect(await stock.find('7')).toEqual({ id: '7', name: 'Teapot', left: 3 });
    expect(await stock.find('no/such')).toBeUndefined();
    expect(service.requests).toEqual(['GET /v1/items/7', 'GET /v1/items/no%2Fsuch']);
  });

  it('reserves with a key, and says how many are left where that fails', async () => {
    expect(await stock.reserve('7', 2)).toEqual({ reservation: 'r-1' });
    await expect(stock.reserve('7', 4)).rejects.toThrow('only 3 left');
    expect(service.requests[0]).toMatch(/^POST \/v1\/items\/7\/reservations .{30,}$/);
  });

  it('notices nothing of two failures in a row', async () => {
    service.fail(2);
    expect(await stock.find('7')).toMatchObject({ name: 'Teapot' });
    expect(service.requests).toHaveLength(3);
  });
});
