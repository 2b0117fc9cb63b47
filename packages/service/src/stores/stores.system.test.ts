import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { now, runInContext } from '@parley/contract';
import { describeWith, has } from '../../../../test/needs.ts';
import { behavesAsStore, foundOf, holdsKeys, someAnswer } from '../../test-fixtures/idempotency-store-behaviour.ts';
import { type OpenedStore, openers } from '../../test-fixtures/shared-stores.ts';
import { startPostgres, type TestPostgres } from '../../test-fixtures/test-postgres.ts';
import { startRedis, type TestRedis, type TestRedisClient } from '../../test-fixtures/test-redis.ts';
import { postgresStore, redisStore } from '../stores.ts';

let folder: string;
let postgres: TestPostgres | undefined;
let redis: TestRedis | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stores-'));
  if (has('PostgreSQL')) postgres = await startPostgres();
  if (has('Redis')) redis = await startRedis();
});
afterAll(async () => {
  await postgres?.remove();
  await redis?.remove();
  await rm(folder, { recursive: true });
});

const places = {
  SQLite: async () => join(await mkdtemp(join(folder, 'sqlite-')), 'made', 'answers.sqlite'),
  PostgreSQL: async () => `${await postgres?.emptyUrl()}`,
  Redis: async () => `${redis?.port}`,
};
const names = (Object.keys(places) as (keyof typeof places)[]).filter((name) => name === 'SQLite' || has(name));

describe.each(names)('a store in %s', (name) => {
  let place: string;
  let opened: readonly [OpenedStore, OpenedStore];
  beforeEach(async () => {
    place = await places[name]();
    opened = await Promise.all([openers[name](place), openers[name](place)]);
  });
  afterEach(async () => {
    for (const each of opened) await each.close();
  });
  const stores = () => [opened[0].store, opened[1].store] as const;

  behavesAsStore(stores);
  holdsKeys(stores);

  it('still has its answers when it is opened again', async () => {
    const answer = someAnswer();
    await stores()[0].keep(answer);
    const again = await openers[name](place);
    expect(await again.store.find(answer.key)).toMatchObject(foundOf(answer));
    await again.close();
  });

  it('holds a key for as long as its process lives, and lets go of it after a kill -9', async () => {
    const { key, owner } = someAnswer();
    const holdMs = 1_500;
    const script = join(import.meta.dirname, '../../test-fixtures/holder-main.ts');
    const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
    const holder = spawn(process.execPath, [...flags, script, name, place, key, `${holdMs}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(holder, 'exit');
    try {
      await once(holder.stdout, 'data');
      await pause(2 * holdMs);
      await expect(stores()[0].reserve?.({ key, owner })).rejects.toMatchObject({ code: 'idempotency_key_in_use' });
    } finally {
      holder.kill('SIGKILL');
    }
    await exit;
    const free = async () => {
      for (let tries = 300; tries > 0; tries--) {
        const release = await stores()[0]
          .reserve?.({ key, owner })
          .catch(() => undefined);
        if (release) return release;
        await pause(100);
      }
      throw new Error('the key is still held');
    };
    await (await free())();
  });

  it.each([-1, 0.5, Number.NaN])('refuses to hold keys for %d ms', async (holdMs) => {
    await expect(openers[name](place, { holdMs })).rejects.toThrow(`holdMs must be a whole number from 0`);
  });
});

describeWith('PostgreSQL')('a PostgreSQL store', () => {
  it('has the table that it is given, and no name that is none', async () => {
    const client = await postgres?.connect();
    if (!client) throw new Error('no PostgreSQL');
    await client.query('CREATE SCHEMA own');
    const store = await postgresStore(client, { table: 'own.kept' });
    const answer = someAnswer();
    await store.keep(answer);
    expect((await client.query('SELECT key FROM own.kept')).rows).toEqual([{ key: answer.key }]);
    await client.query('BEGIN');
    await store.keepIn(client, someAnswer());
    await expect(store.keepIn(client, answer)).rejects.toMatchObject({ code: 'idempotency_key_in_use' });
    await client.query('ROLLBACK');
    expect((await client.query('SELECT key FROM own.kept')).rows).toHaveLength(1);
    await expect(postgresStore(client, { table: 'a; DROP TABLE b' })).rejects.toThrow('table must be a name');
    await client.end();
  });
});

describeWith('Redis')('a Redis store', () => {
  let client: TestRedisClient;
  beforeEach(async () => {
    client = await (redis as TestRedis).connect();
  });
  afterEach(() => client.close());

  it('takes a client of ioredis too, which has `call`', async () => {
    const call = (command: string, ...args: string[]) => client.sendCommand([command, ...args]);
    const store = await redisStore({ call, sendCommand: () => Promise.reject(new Error('takes a Command')) });
    const answer = someAnswer();
    await store.keep(answer);
    expect(await store.find(answer.key)).toEqual(foundOf(answer));
  });

  it('leaves no key without an end', async () => {
    const store = await redisStore(client, { prefix: 'ends:' });
    const [answer, request] = [someAnswer(), someAnswer()];
    await store.keep(answer);
    await store.reserve?.(request);
    for (const { key } of [answer, request]) {
      expect(await client.sendCommand(['PTTL', `ends:${key}`])).toBeGreaterThan(0);
    }
  });

  it('is refused where Redis evicts keys, and says what to set', async () => {
    const evicting = await startRedis('--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru');
    const other = await evicting.connect();
    await expect(redisStore(other)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/allkeys-lru.*set noeviction/),
    });
    other.close();
    await evicting.remove();
  });

  it('refuses requests before their effect where Redis is full, away or late', async () => {
    const store = await redisStore(client);
    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']);
    const full = { code: 'upstream_unavailable', status: 503, detail: 'Redis has no memory left' };
    await expect(store.reserve?.(someAnswer())).rejects.toMatchObject(full);
    await expect(store.keep(someAnswer())).rejects.toMatchObject(full);
    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '0']);
    const silent = await redisStore({
      sendCommand: (args) => (args[0] === 'INFO' ? Promise.resolve('') : new Promise(() => {})),
    });
    const soon = { deadlineMs: now() + 100 };
    await expect(runInContext(soon, () => silent.find('k'))).rejects.toMatchObject({ code: 'upstream_timeout' });
    client.close();
    await expect(store.find('k')).rejects.toMatchObject({ ...full, detail: 'Redis cannot be reached' });
  });
});
