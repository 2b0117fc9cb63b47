import { randomUUID } from 'node:crypto';
import { createUpstream, parleyAdapter, type Upstream } from '@parley/client';
import axios, { isAxiosError } from 'axios';
import type { Item, Reservation } from './stock-service.ts';

/** One per process: all calls share its connections, retry budget and circuits. */
export function openStock(url: string): Upstream {
  return createUpstream('stock', url, { callTimeoutMs: 3_000 });
}

const statusOf = (error: unknown) => (isAxiosError(error) ? error.response?.status : undefined);

export function createStock(upstream: Upstream) {
  const http = axios.create({ adapter: parleyAdapter(upstream) });
  return {
    /** The item; undefined where there is none. */
    async find(id: string): Promise<Item | undefined> {
      try {
        return (await http.get(`/items/${encodeURIComponent(id)}`)).data;
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    /** Puts some aside. @throws Error with the number that is left where that is too few */
    async reserve(id: string, count: number): Promise<Reservation> {
      const headers = { 'idempotency-key': randomUUID() };
      try {
        return (await http.post(`/items/${encodeURIComponent(id)}/reservations`, { count }, { headers })).data;
      } catch (error) {
        if (statusOf(error) !== 409 || !isAxiosError(error)) throw error;
        throw new Error(`only ${error.response?.data.left} left`);
      }
    },
  };
}
