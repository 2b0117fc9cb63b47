import { type IdempotencyStore, keyInUse } from '../../idempotency/idempotency-store.ts';
import { ConfigError } from '../../process/config-error.ts';
import { checkHoldMs, type HoldOptions, heldKeys } from '../waiting/held-keys.ts';
import { type RedisClient, redisCommand } from './redis-client.ts';

/** How a Redis store is opened. */
export interface RedisStoreOptions extends HoldOptions {
  /** What the names of its keys begin with. Default `parley:answer:`. */
  readonly prefix?: string;
}

/** Answers are kept longer than promised by this time, in ms: after a failover another server's clock counts. */
const marginMs = 300_000;

// A value is an answer, or begins with `held:` and is the holder of the key. Each script is one step to everybody else.
const keep = `
  local old = redis.call('GET', KEYS[1])
  if old and string.sub(old, 1, 5) ~= 'held:' then return 0 end
  if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) else redis.call('DEL', KEYS[1]) end
  return 1`;
const extend = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0";
const drop = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0";

/**
 * Keeps answers in Redis 6 or later (Valkey too), which removes them when they expire. The effect is elsewhere, so a process
 * that dies between the effect and its answer leaves the effect alone. A failover loses what was not replicated yet, and a
 * restart what was not on disk: requests of that time may be carried out again. Where that must not be, use a store in the
 * database of the effect.
 *
 * @throws ConfigError where Redis may evict keys: an answer that is promised would be lost
 * @throws CallError `upstream_unavailable` (503) where Redis is away
 */
export async function redisStore(client: RedisClient, options: RedisStoreOptions = {}): Promise<IdempotencyStore> {
  const { prefix = 'parley:answer:' } = options;
  checkHoldMs(options);
  const command = redisCommand(client);
  const run = (script: string, key: string, ...values: string[]) =>
    command('EVAL', script, '1', `${prefix}${key}`, ...values);
  checkEviction(String(await command('INFO', 'memory')));

  const store: IdempotencyStore = {
    async find(key) {
      const value = await command('GET', `${prefix}${key}`);
      if (value === null || value === undefined || String(value).startsWith('held:')) return undefined;
      const [fingerprint = '', reply = ''] = split(String(value));
      return { fingerprint, reply };
    },
    async keep({ key, fingerprint, reply, keptForMs }) {
      const kept = await run(keep, key, `${fingerprint} ${reply}`, `${keptForMs + marginMs}`);
      if (Number(kept) === 0) throw keyInUse();
    },
  };
  return heldKeys(store, options, {
    async take(key, holder, holdMs) {
      const taken = await command('SET', `${prefix}${key}`, `held:${holder}`, 'NX', 'PX', `${holdMs}`);
      return taken !== null && taken !== undefined;
    },
    extend: (key, holder, holdMs) => run(extend, key, `held:${holder}`, `${holdMs}`),
    drop: (key, holder) => run(drop, key, `held:${holder}`),
  });
}

// A fingerprint has no space in it.
function split(value: string): [fingerprint: string, reply: string] {
  const space = value.indexOf(' ');
  return [value.slice(0, space), value.slice(space + 1)];
}

function checkEviction(info: string): void {
  const [, policy] = /^maxmemory_policy:(\S+)/m.exec(info) ?? [];
  const [, limit] = /^maxmemory:(\d+)/m.exec(info) ?? [];
  if (policy === undefined || policy === 'noeviction' || limit === '0') return;
  throw new ConfigError(
    `Redis evicts keys when it is full (maxmemory-policy ${policy}): answers that were promised would be lost; set noeviction`,
  );
}
