import { createClient, type Upstream } from '@parley/client';
import { outOfStock, stock, unknownItem } from './contract.ts';
import type { Item, Reservation } from './stock-service.ts';

export function createStock(upstream: Upstream) {
  const client = createClient(stock, upstream);
  return {
    /** The item; undefined where there is none. */
    async find(id: string): Promise<Item | undefined> {
      try {
        return await client.getItem({ id });
      } catch (error) {
        if (unknownItem.is(error)) return undefined;
        throw error;
      }
    },
    /** Puts some aside. @throws Error with the number that is left where that is too few */
    async reserve(id: string, count: number): Promise<Reservation> {
      try {
        return await client.reserve({ id, count });
      } catch (error) {
        if (!outOfStock.is(error)) throw error;
        throw new Error(`only ${error.data?.left} left`);
      }
    },
  };
}
