import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFetchClient } from '@parley/client/fetch';
import { type Client, defineContract, get, isCallError, post, stream } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';

const item = z.object({ n: z.number() });
const counter = defineContract('counter', {
  read: get('/api/count', { summary: 'Now', input: z.object({ add: z.number().default(0) }), output: item }),
  increase: post('/api/count', { summary: 'One more', output: item, safety: 'keyed' }),
  hang: get('/api/hang', { summary: 'Never' }),
  events: get('/api/events', { summary: 'All', output: stream(item, { as: 'sse' }) }),
  lines: get('/api/lines', { summary: 'All', output: stream(item, { as: 'ndjson' }) }),
});

let count = 0;
async function* items() {
  for (let n = 0; n < 3; n++) yield { n };
}

describe('a client over fetch, with a service', () => {
  let service: StartedService;
  let client: Client<typeof counter>;
  beforeAll(async () => {
    const handlers = {
      read: async ({ add }: { add: number }) => ({ n: count + add }),
      increase: async () => ({ n: ++count }),
      hang: () => new Promise<void>(() => {}),
      events: items,
      lines: items,
    };
    service = await startService(counter, handlers);
    client = createFetchClient(counter, { baseUrl: service.url });
  });
  afterAll(() => service.stop());

  it('gives typed input and gets typed output', async () => {
    expect(await client.read({ add: 5 })).toEqual({ n: count + 5 });
  });

  it('has one effect where a keyed call is repeated by hand', async () => {
    const before = count;
    const replies = [1, 2, 3].map(() => client.increase({}, { idempotencyKey: 'once' }));
    expect(new Set((await Promise.all(replies)).map(({ n }) => n))).toEqual(new Set([before + 1]));
    await client.increase();
    expect(count).toBe(before + 2);
  });

  it('gives up when its time is up', async () => {
    const failure = await client.hang({}, { timeoutMs: 200, maxAttempts: 1 }).catch((error) => error);
    expect(isCallError(failure, 'deadline_exceeded')).toBe(true);
  });

  it.each(['events', 'lines'] as const)('reads a stream of %s to its end', async (kind) => {
    const seen: number[] = [];
    for await (const { n } of client[kind]()) seen.push(n);
    expect(seen).toEqual([0, 1, 2]);
  });

  it('says unavailable where there is no service', async () => {
    const nobody = createFetchClient(counter, { baseUrl: 'http://127.0.0.1:1' });
    await expect(nobody.read()).rejects.toMatchObject({ code: 'unavailable', attempts: 3 });
  });
});
