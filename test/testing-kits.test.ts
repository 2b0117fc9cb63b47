import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { inMemoryUpstream } from '@parley/client/testing';
import {
  CallError,
  type Client,
  defineContract,
  defineError,
  get,
  type Handlers,
  post,
  stream,
} from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';

const refusal = defineError('refusal', { status: 403, title: 'No', data: z.object({ why: z.string() }) });
const contract = defineContract('kit', {
  find: get('/find/{id}', {
    summary: 'Finds',
    input: z.object({
      id: z.string(),
      tags: z.union([z.string(), z.array(z.string())]).optional(),
      limit: z.coerce.number().max(9).optional(),
      language: z.string().optional(),
    }),
    requestHeaders: { language: 'Accept-Language' },
    output: z.object({ seen: z.string(), at: z.iso.datetime(), mark: z.string().optional() }),
    responseHeaders: { mark: 'ETag' },
  }),
  findNone: get('/find/none', { summary: 'Is met first', output: z.object({ none: z.literal(true) }) }),
  act: post('/act', {
    summary: 'Acts',
    input: z.object({ how: z.string().max(20), nested: z.array(z.object({ n: z.number() })).optional() }),
    errors: [refusal],
  }),
  count: get('/count', {
    summary: 'Counts',
    input: z.object({ to: z.coerce.number(), failAt: z.coerce.number().optional() }),
    output: stream(z.object({ n: z.number() }), { as: 'sse' }),
  }),
});

const thrown: Readonly<Record<string, () => unknown>> = {
  refusal: () => refusal('not you', { why: 'because' }),
  'broken refusal': () => refusal('not you', { why: 7 } as never),
  bug: () => new Error('secret'),
  conflict: () => new CallError('conflict', 'already there'),
  later: () => new CallError('rate_limited', 'later', { retryAfterMs: 1 }),
  undeclared: () => new CallError('strange', 'x'),
  cancelled: () => new CallError('cancelled', 'x'),
  'no upstream': () => new CallError('unavailable', 'x', { operation: 'GET /' }),
  'late upstream': () => new CallError('attempt_timeout', 'x', { operation: 'GET /' }),
  'bad upstream': () => new CallError('invalid_reply', 'x', { operation: 'GET /' }),
};

const handlers: Handlers<typeof contract> = {
  find: async (input) => ({
    seen: JSON.stringify(input),
    at: new Date(7).toISOString(),
    mark: '"1"',
    extra: 'not in the contract',
  }),
  findNone: async () => ({ none: true }),
  act: async ({ how }) => {
    if (how in thrown) throw thrown[how]?.();
  },
  async *count({ to, failAt }) {
    for (let n = 0; n < to; n++) {
      if (n === failAt) throw refusal('enough', { why: 'x' });
      yield { n };
    }
  },
};

type Kit = Client<typeof contract>;

/** What a caller can know of how a call ends. */
async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: await call() };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const { code, status, detail, data, issues, retryAfterMs, attempts } = error;
    return { code, status, detail, data, issues, retryAfterMs, attempts };
  }
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

describe('what an upstream in memory answers is what a service would', () => {
  let service: StartedService;
  const upstreams: Upstream[] = [];
  let [real, inMemory]: Kit[] = [];

  beforeAll(async () => {
    service = await startService(contract, handlers);
    const times = { backoffBaseMs: 1, backoffMaxMs: 1, attemptTimeoutMs: 20_000, callTimeoutMs: 60_000 };
    upstreams.push(createUpstream('kit', service.url, times));
    upstreams.push(inMemoryUpstream(contract, handlers, times));
    [real, inMemory] = upstreams.map((upstream) => createClient(contract, upstream));
  });
  afterAll(async () => {
    await Promise.all(upstreams.map((upstream) => upstream.close()));
    await service.stop();
  });

  const calls: [string, (kit: Kit) => Promise<unknown>][] = [
    ['path, query and headers', (kit) => kit.find({ id: 'a/b %é', tags: ['x&y', 'z'], limit: 3, language: 'pl' })],
    ['a query with one of a list', (kit) => kit.find({ id: '1', tags: ['x'] })],
    ['an empty query', (kit) => kit.find({ id: '1' })],
    ['plain text before parameters', (kit) => kit.findNone()],
    ['a body', (kit) => kit.act({ how: 'well', nested: [{ n: 1 }] })],
    ...Object.keys(thrown).map((how): [string, (kit: Kit) => Promise<unknown>] => [how, (kit) => kit.act({ how })]),
    ['a stream', (kit) => all(kit.count({ to: 3 }))],
    ['an empty stream', (kit) => all(kit.count({ to: 0 }))],
    ['a stream that fails at once', (kit) => all(kit.count({ to: 3, failAt: 0 }))],
    ['a stream that fails later', (kit) => all(kit.count({ to: 3, failAt: 2 }))],
  ];

  it.each(calls)('%s', async (_, call) => {
    const expected = await outcome(() => call(real as Kit));
    expect(await outcome(() => call(inMemory as Kit))).toEqual(expected);
  });
});
