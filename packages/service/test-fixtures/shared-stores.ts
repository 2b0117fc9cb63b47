import { Pool } from 'pg';
import type { IdempotencyStore } from '../src/idempotency/idempotency-store.ts';
import { redisStore } from '../src/stores/redis/redis-store.ts';
import type { HoldOptions } from '../src/stores/waiting/held-keys.ts';
import { postgresStore, sqliteStore } from '../src/stores.ts';
import { connectRedis } from './test-redis.ts';

/** A store that replicas share, as one of them has it. */
export interface OpenedStore {
  readonly store: IdempotencyStore;
  close(): Promise<void>;
}

/** How to open each store, from where it is: a file, a URL, a port. */
export const openers = {
  async SQLite(file: string, options?: HoldOptions): Promise<OpenedStore> {
    const store = await sqliteStore(file, options);
    return { store, close: () => store.close() };
  },
  async PostgreSQL(url: string, options?: HoldOptions): Promise<OpenedStore> {
    const pool = new Pool({ connectionString: url, max: 5 });
    pool.on('error', () => {});
    return { store: await postgresStore(pool, options), close: () => pool.end() };
  },
  async Redis(port: string, options?: HoldOptions): Promise<OpenedStore> {
    const client = await connectRedis(Number(port));
    return { store: await redisStore(client, options), close: async () => client.close() };
  },
};
