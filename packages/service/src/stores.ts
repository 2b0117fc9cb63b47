export {
  type PostgresClient,
  type PostgresStore,
  type PostgresStoreOptions,
  postgresStore,
} from './stores/postgres/postgres-store.ts';
export type { RedisClient } from './stores/redis/redis-client.ts';
export { type RedisStoreOptions, redisStore } from './stores/redis/redis-store.ts';
export { type SqliteStore, type SqliteStoreOptions, sqliteStore } from './stores/sqlite/sqlite-store.ts';
export type { HoldOptions } from './stores/waiting/held-keys.ts';
