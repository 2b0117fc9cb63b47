import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  CallError,
  currentContext,
  defineContract,
  get,
  MinVersions,
  type MutableContext,
  post,
  put,
  runInContext,
} from '@parley/contract';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';
import { type ReadYourWritesOptions, readYourWrites } from './read-your-writes.ts';

const output = z.object({ count: z.number() });
const counter = defineContract('counter', {
  read: get('/count', { summary: 'Reads it', output }),
  add: post('/count', { summary: 'Adds one', safety: 'keyed', output }),
  set: put('/count', { summary: 'Sets it', output }),
});

describe.each(protocols)('reading your writes over $protocol', ({ request }) => {
  function started(given: Partial<ReadYourWritesOptions> = {}, other: Partial<{ set: () => Promise<never> }> = {}) {
    const log = capturedLog();
    const stored = { count: 0, asked: 0 };
    const change = async () => ({ count: ++stored.count });
    const handlers = { read: async () => ({ count: stored.count }), add: change, set: change, ...other };
    const readYourWrites = { written: async () => stored.count, ...given };
    return { app: request(createApp(counter, handlers, { logger: log.logger, readYourWrites })), stored, log };
  }

  it('names the version after a write, keyed or not, and not after a read or without the option', async () => {
    const { app } = started();
    expect((await app.put('/count').expect(200)).headers['x-min-versions']).toBe('counter=1');
    expect((await app.post('/count').expect(200)).headers['x-min-versions']).toBe('counter=2');
    expect((await app.get('/count').expect(200)).headers).not.toHaveProperty('x-min-versions');
    const none = { read: async () => ({ count: 0 }), add: async () => ({ count: 0 }), set: async () => ({ count: 0 }) };
    const plain = createApp(counter, none, { logger: capturedLog().logger });
    expect((await request(plain).put('/count').expect(200)).headers).not.toHaveProperty('x-min-versions');
  });

  it('names a version no lower than that of the first reply, where a reply was kept for its key', async () => {
    const { app } = started();
    const add = () => app.post('/count').set('idempotency-key', '"k"').expect(200);
    expect((await add()).headers['x-min-versions']).toBe('counter=1');
    await app.put('/count').expect(200);
    const { headers } = await add();
    expect(headers).toMatchObject({ 'idempotent-replayed': 'true', 'x-min-versions': 'counter=2' });
  });

  it('names no version after a write that failed, but what was written on the way', async () => {
    const fail = async () => {
      throw new Error('no');
    };
    const { app } = started({}, { set: fail });
    expect((await app.put('/count').expect(500)).headers).not.toHaveProperty('x-min-versions');
    const half = started(
      {},
      {
        async set() {
          const context: MutableContext = currentContext();
          context.minVersions = new MinVersions();
          context.minVersions.raise('shop', 7);
          return fail();
        },
      },
    );
    expect((await half.app.put('/count').expect(500)).headers['x-min-versions']).toBe('shop=7');
  });

  it('goes on to answer a write whose version is not known, and logs it', async () => {
    const faulty: ReadYourWritesOptions['written'][] = [
      () => Promise.reject(new Error('away')),
      () => -1,
      () => 1.5,
      () => Number.NaN,
    ];
    for (const written of faulty) {
      const { app, log } = started({ written });
      expect((await app.put('/count').expect(200)).headers).not.toHaveProperty('x-min-versions');
      expect(log.lines.filter(({ level }) => level === 'error').map(({ msg }) => msg)).toEqual([
        'readYourWrites.written failed: the reply names no version',
      ]);
    }
  });

  it('lets a read wait until this replica has seen the write', async () => {
    let asked = 0;
    const { app } = started({ seen: () => (++asked < 3 ? 6 : 7) });
    await app.get('/count').set('x-min-versions', 'counter=7').expect(200);
    expect(asked).toBe(3);
  });

  it('refuses a read of what this replica does not see in time: another one may have it', async () => {
    const { app } = started({ seen: () => 6, waitMs: 0 });
    const { body, headers } = await app.get('/count').set('x-min-versions', 'counter=7').expect(503);
    expect(body).toMatchObject({
      type: 'urn:parley:problem:replica_behind',
      detail: expect.stringContaining('version 7'),
    });
    expect(headers['cache-control']).toBe('no-store');
    await app.get('/count').set('x-min-versions', 'counter=6').expect(200);
  });

  it('asks once for all reads that wait at the same time', async () => {
    let [asked, answer] = [0, (_version: number) => {}];
    const first = new Promise<number>((resolve) => {
      answer = resolve;
    });
    const { app } = started({ seen: () => (asked++ === 0 ? first : 7), waitMs: 0 });
    const reads = [1, 2, 3].map((least) => app.get('/count').set('x-min-versions', `counter=${least}`));
    const statuses = Promise.all(reads.map(async (read) => (await read).status));
    await eventually(() => asked > 0);
    answer(7);
    expect(await statuses).toEqual([200, 200, 200]);
    expect(asked).toBeLessThanOrEqual(3);
  });

  it('waits no longer than the caller', async () => {
    const { app } = started({ seen: () => new Promise<number>(() => {}) });
    const asked = { 'x-min-versions': 'counter=7', 'x-request-timeout-ms': '50' };
    const { body } = await app.get('/count').set(asked).expect(504);
    expect(body.type).toBe('urn:parley:problem:deadline_exceeded');
  });

  it('asks for nothing where no version of this service is named, or by a write', async () => {
    let asked = 0;
    const { app } = started({ seen: () => ++asked * 0 });
    for (const text of ['', 'other=7', 'counter=x', `counter=${'9'.repeat(16)}`]) {
      await app.get('/count').set('x-min-versions', text).expect(200);
    }
    await app.get('/count').expect(200);
    await app.put('/count').set('x-min-versions', 'counter=7').expect(200);
    expect(asked).toBe(0);
  });
});

describe('a read whose question hangs', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const minVersions = new MinVersions([['counter', 7]]);

  /** A read of version 7, which begins now. */
  function reader(seen: () => Promise<number>, waitMs: number) {
    const option = { written: () => 7, seen, waitMs };
    const { beforeRead } = readYourWrites(option, counter, capturedLog().logger);
    const catchUp = beforeRead(counter.operations.read);
    return (signal?: AbortSignal) =>
      runInContext({ minVersions, ...(signal && { signal }) }, async () => catchUp?.()).then(
        () => 'answered',
        (error) => (error instanceof CallError ? error.code : error.name),
      );
  }

  it.each([
    [2_000, 2_000],
    [0, 500],
  ])('is refused with waitMs %d after %d ms, and the next read asks again', async (waitMs, limitMs) => {
    let asked = 0;
    const read = reader(() => (++asked === 1 ? new Promise(() => {}) : Promise.resolve(7)), waitMs);
    let outcome: unknown;
    void read().then((first) => {
      outcome = first;
    });
    await jest.advanceTimersByTimeAsync(limitMs - 1);
    expect(outcome).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(outcome).toBe('replica_behind');
    expect([await read(), asked]).toEqual(['answered', 2]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends with its caller, and leaves the question to others', async () => {
    let asked = 0;
    const read = reader(() => {
      asked++;
      return new Promise(() => {});
    }, 2_000);
    const leaving = new AbortController();
    const [first, second] = [read(leaving.signal), read()];
    leaving.abort();
    expect(await first).toBe('AbortError');
    await jest.advanceTimersByTimeAsync(2_000);
    expect([await second, asked]).toEqual(['replica_behind', 1]);
  });
});

describe('the option readYourWrites', () => {
  const handlers = {
    read: async () => ({ count: 0 }),
    add: async () => ({ count: 0 }),
    set: async () => ({ count: 0 }),
  };
  it.each<[object, string | RegExp]>([
    [{ written: 7 }, /readYourWrites/],
    [{ written: () => 1, waitMs: -1 }, 'readYourWrites.waitMs must be from 0 to 60000, not -1'],
    [{ written: () => 1, seen: 7 }, 'readYourWrites.seen must be a function that gives a number, not number'],
    [{ written: () => 1, wait: 7 }, /wait/],
  ])('refuses %j', (readYourWrites, reason) => {
    expect(() => createApp(counter, handlers, { readYourWrites: readYourWrites as never })).toThrow(reason);
  });

  it('refuses a contract whose name cannot travel', () => {
    const long = defineContract('a'.repeat(65), {});
    expect(() => createApp(long, {}, { readYourWrites: { written: () => 1 } })).toThrow(
      'at most 64 characters, not 65',
    );
  });
});
