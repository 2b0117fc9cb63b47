import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type CallContext,
  CallError,
  currentContext,
  defineContract,
  get,
  type Handlers,
  runInContext,
} from '@parley/contract';
import { z } from 'zod';
import { rejection } from '../../test-fixtures/sample.ts';
import { outOfStock, shop, shopHandlers } from '../../test-fixtures/shop.ts';
import { createClient } from '../client.ts';
import { always, hang, refused } from './faults.ts';
import { type InMemoryOptions, inMemoryUpstream } from './in-memory-upstream.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = virtualClock();
});

const cached = defineContract('cached', {
  read: get('/read', {
    summary: 's',
    output: z.object({ n: z.number() }),
    cache: { scope: 'private', maxAgeS: 60, staleIfErrorS: 600 },
  }),
});

function open(changed: Partial<Handlers<typeof shop>> = {}, options: Partial<InMemoryOptions> = {}) {
  const upstream = inMemoryUpstream(shop, shopHandlers(changed), { clock, random: () => 0.5, ...options });
  return { upstream, client: createClient(shop, upstream) };
}

describe('inMemoryUpstream', () => {
  it('answers by its handlers: path, query, headers and body, there and back', async () => {
    const { client } = open();
    expect(await client.getItem({ id: 'a/b?c d#é', language: 'fr' })).toEqual({
      id: 'a/b?c d#é',
      name: 'a/b?c d#é in fr',
      tag: '"v1"',
    });
    expect(await client.listItems({ tags: ['x&y', 'z'], limit: 5 })).toEqual({
      items: [
        { id: '5', name: 'x&y' },
        { id: '5', name: 'z' },
      ],
    });
    expect(await client.newestItem()).toMatchObject({ id: 'newest' });
    expect(await client.setItem({ id: '1', name: 'one' })).toBeUndefined();
  });

  it('lets everything travel as JSON: a handler gets no object of its caller', async () => {
    const { client } = open();
    expect(await client.buyItem({ id: '7', count: 1 })).toEqual({ paid: new Date('2026-01-02') });
    const getItem = jest.fn(async () => ({ id: '7', name: 'seven', secret: 'x' }));
    expect(await open({ getItem }).client.getItem({ id: '7' })).toEqual({ id: '7', name: 'seven' });
  });

  it('tells caches what the contract says', async () => {
    let n = 0;
    const upstream = inMemoryUpstream(cached, { read: async () => ({ n: ++n }) }, { clock, cache: true });
    const client = createClient(cached, upstream);
    const seen = [await client.read(), await client.read()];
    await clock.advance(61_000);
    const end = upstream.inject(always(refused()));
    seen.push(await clock.run(client.read()));
    end();
    seen.push(await client.read());
    expect(seen.map((one) => one.n)).toEqual([1, 1, 1, 2]);
  });

  it('ejects an endpoint that hangs, where a stored reply may stand in too', async () => {
    const options = { clock, cache: true, maxAttempts: 1 };
    const upstream = inMemoryUpstream(cached, { read: async () => ({ n: 1 }) }, options);
    const client = createClient(cached, upstream);
    await client.read();
    await clock.advance(61_000);
    upstream.inject(always(hang()));
    for (let i = 0; i < 5; i++) expect(await clock.run(client.read())).toEqual({ n: 1 });
    expect(upstream.endpoints()[0]?.circuit).toBe('open');
  });

  it("gives the contract's own errors, typed", async () => {
    const error: unknown = await rejection(open().client.buyItem({ id: '7', count: 4 }));
    if (!outOfStock.is(error)) throw error;
    expect(error).toMatchObject({ status: 409, detail: 'only 3 left', endpoint: 'http://shop-1', attempts: 1 });
    expect(error.data?.left).toBe(3);
  });

  it.each([
    ['a bug', new Error('bug'), 'internal'],
    ['an error that the operation does not declare', new CallError('strange', 'x'), 'internal'],
    ['an error of the common table', new CallError('conflict', 'x'), 'conflict'],
    [
      "a failure of the handler's own upstream",
      new CallError('unavailable', 'x', { operation: 'GET /' }),
      'upstream_unavailable',
    ],
    [
      'an upstream with too much to do',
      new CallError('overloaded', 'x', { operation: 'GET /' }),
      'upstream_unavailable',
    ],
    [
      'an upstream that asks for less',
      new CallError('rate_limited', 'x', { operation: 'GET /' }),
      'upstream_unavailable',
    ],
    ['a slow upstream', new CallError('deadline_exceeded', 'x', { operation: 'GET /' }), 'upstream_timeout'],
    ['a strange upstream', new CallError('invalid_reply', 'x', { operation: 'GET /' }), 'upstream_failed'],
  ])('tells of %s as a service does', async (_, thrown, code) => {
    const { client } = open({ buyItem: () => Promise.reject(thrown) });
    expect((await rejection(clock.run(client.buyItem({ id: '7', count: 1 })))).code).toBe(code);
  });

  it('is final to its caller where an upstream of its own has failed', async () => {
    let calls = 0;
    const { client } = open({
      newestItem: () => {
        calls++;
        return Promise.reject(new CallError('invalid_reply', 'x', { operation: 'GET /' }));
      },
    });
    expect((await rejection(clock.run(client.newestItem()))).code).toBe('upstream_failed');
    expect(calls).toBe(1);
  });

  it('keeps errors that the caller does not see for the test', async () => {
    const bug = new Error('bug');
    const { client, upstream } = open({ buyItem: () => Promise.reject(bug) });
    await rejection(client.buyItem({ id: '7', count: 1 }));
    expect(upstream.hiddenErrors).toEqual([bug]);
    const wrong = open({ newestItem: async () => ({ id: 7 }) as never }, { maxAttempts: 1 });
    expect((await rejection(wrong.client.newestItem())).code).toBe('internal');
    expect(String(wrong.upstream.hiddenErrors)).toMatch(
      /output of GET \/api\/items\/newest does not fit .* at: id, name/,
    );
  });

  it('reads all of a query that holds question marks', async () => {
    const { upstream } = open();
    const path = '/api/items?tags=a?b?c&limit=2';
    const { body } = await upstream.send({ label: 'GET', method: 'GET', path, headers: {}, safety: 'safe' });
    expect(JSON.parse(String(body))).toEqual({ items: [{ id: '2', name: 'a?b?c' }] });
  });

  it('checks input on both sides', async () => {
    const { client, upstream } = open();
    expect((await rejection(client.buyItem({ id: '7', count: 0 }))).message).toMatch(/not sent: count/);
    const unchecked = {
      label: 'POST',
      method: 'POST',
      path: '/api/items/7/purchases',
      headers: {},
      body: '{"count":0}',
      safety: 'unsafe',
    } as const;
    expect(await upstream.send(unchecked)).toMatchObject({ status: 400, error: { code: 'invalid_input' } });
    expect((await upstream.send({ ...unchecked, body: '{' })).error?.code).toBe('malformed_body');
    expect((await upstream.send({ ...unchecked, path: '/elsewhere' })).error?.code).toBe('not_found');
    const head = await upstream.send({ ...unchecked, method: 'HEAD', path: '/api/items/newest', body: undefined });
    expect([head.status, head.body]).toEqual([200, '']);
  });

  it('runs a handler in the context of its request, by the same clock', async () => {
    const seen: CallContext[] = [];
    const { client } = open({
      newestItem: async (_, context) => {
        seen.push(currentContext(), context ?? {});
        return { id: '1', name: 'one' };
      },
    });
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true };
    const deadlineMs = clock.now() + 300;
    await runInContext({ requestId: 'r-1', trace, deadlineMs, priority: 'background' }, () => client.newestItem());
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).toMatchObject({ requestId: 'r-1', trace: { traceId: trace.traceId }, priority: 'background' });
    // Half of what is left, since another attempt may follow, less a tenth for the reply's way back.
    expect((seen[0]?.deadlineMs ?? 0) - clock.now()).toBe(135);
  });

  it('tells a handler that its caller has left', async () => {
    let signal: AbortSignal | undefined;
    const { client } = open({
      newestItem: (_, context) => {
        signal = context?.signal;
        return new Promise(() => {});
      },
    });
    const caller = new AbortController();
    const call = rejection(client.newestItem({}, { signal: caller.signal }));
    await clock.advance(10);
    expect(signal?.aborted).toBe(false);
    caller.abort();
    expect((await call).code).toBe('cancelled');
    expect(signal?.reason).toMatchObject({ code: 'cancelled' });
  });

  it('spreads attempts over its replicas, and shows them', async () => {
    const { client, upstream } = open({}, { replicas: 3, random: Math.random });
    const seen = new Set<string>();
    upstream.subscribe({ onAttempt: ({ endpoint }) => void seen.add(endpoint) });
    for (let i = 0; i < 100; i++) await client.newestItem();
    expect([...seen].sort()).toEqual(['http://shop-1', 'http://shop-2', 'http://shop-3']);
    expect(upstream.endpoints().map(({ circuit, connections }) => [circuit, connections.open])).toEqual(
      [1, 2, 3].map(() => ['closed', 0]),
    );
  });

  it('lets axios interceptors see each attempt', async () => {
    const { client, upstream } = open({ getItem: async ({ id, language }) => ({ id, name: `${language}` }) });
    upstream.interceptors.request.use((config) => {
      config.headers.set('Accept-Language', 'pl');
      return config;
    });
    expect((await client.getItem({ id: '1' })).name).toBe('pl');
  });

  it('refuses a reply that is larger than replies may be', async () => {
    const { client } = open({ newestItem: async () => ({ id: '1', name: 'x'.repeat(100) }) }, { maxReplyBytes: 100 });
    expect((await rejection(client.newestItem())).message).toMatch(/\[invalid_reply\].*size of 100 exceeded/);
  });

  it('streams', async () => {
    const { client } = open();
    const seen: string[] = [];
    for await (const { id } of client.watchItems()) seen.push(id);
    expect(seen).toEqual(['0', '1', '2']);
  });

  it('reports a stream that fails early as any call, and a later failure at its end', async () => {
    const { client, upstream } = open({}, { maxAttempts: 1 });
    const read = async (breakAfter: number) => {
      const seen: string[] = [];
      const all = async () => {
        for await (const { id } of client.watchItems({ breakAfter })) seen.push(id);
      };
      return { error: await rejection(all()), seen };
    };
    expect(await read(0)).toMatchObject({ error: { code: 'internal', attempts: 1 }, seen: [] });
    expect(await read(2)).toMatchObject({ error: { code: 'internal' }, seen: ['0', '1'] });
    expect(upstream.hiddenErrors).toHaveLength(2);
  });

  it('ends the generator of a stream that is left', async () => {
    let signal: AbortSignal | undefined;
    const ended = jest.fn();
    const { client } = open({
      async *watchItems(_, context) {
        signal = context?.signal;
        try {
          for (;;) yield { id: '1', name: 'one' };
        } finally {
          ended();
        }
      },
    });
    for await (const _ of client.watchItems()) break;
    await clock.advance(10);
    expect(ended).toHaveBeenCalled();
    expect(signal?.aborted).toBe(true);
  });

  it('needs handlers of the called operations only, and names a missing handler', async () => {
    const { newestItem } = shopHandlers();
    const client = createClient(shop, inMemoryUpstream(shop, { newestItem }, { clock }));
    expect(await client.newestItem()).toMatchObject({ id: 'newest' });
    const missing = { code: 'not_found', detail: 'shop has no handler of getItem here: give one to inMemoryUpstream' };
    expect(await rejection(client.getItem({ id: '7' }))).toMatchObject({ ...missing, attempts: 1 });
  });

  it('is closed as any upstream', async () => {
    const { client, upstream } = open();
    await upstream.close();
    expect((await rejection(client.newestItem())).detail).toBe('the upstream shop is closed');
    expect(clock.pending).toBe(0);
  });

  it('refuses what is not valid', () => {
    const wrong = { getItem: null } as unknown as Handlers<typeof shop>;
    expect(() => inMemoryUpstream(shop, wrong)).toThrow('handler of getItem must be a function, not null');
    expect(() => open({}, { replicas: 0 })).toThrow('replicas must be a whole number from 1 to 1000, not 0');
    expect(() => open({}, { maxAttempts: 0 })).toThrow('maxAttempts must be');
  });
});
