import { randomUUID } from 'node:crypto';
import axios, { isAxiosError } from 'axios';
import axiosRetry from 'axios-retry';
import CircuitBreaker from 'opossum';
import type { Item, Reservation } from './stock-service.ts';

const statusOf = (error: unknown) => (isAxiosError(error) ? error.response?.status : undefined);

export function createStock(url: string) {
  const http = axios.create({ baseURL: url, timeout: 2_000 });
  axiosRetry(http, { retries: 2 });
  const breaker = new CircuitBreaker((id: string) => http.get<Item>(`/items/${encodeURIComponent(id)}`), {
    timeout: 3_000,
    errorFilter: (error) => statusOf(error) === 404,
  });
  return {
    /** The item; undefined where there is none. */
    async find(id: string): Promise<Item | undefined> {
      try {
        return (await breaker.fire(id)).data;
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
    close: async () => breaker.shutdown(),
  };
}
