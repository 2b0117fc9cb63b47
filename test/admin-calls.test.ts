import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import { faults, inMemoryUpstream, ok, slow, status, type VirtualClock, virtualClock } from '@parley/client/testing';
import { CallError, defineContract, get, isStream } from '@parley/contract';
import { admin } from '@parley/service/admin';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';
import { eventually } from './eventually.ts';
import { secret } from './planted-secrets.ts';

const item = z.object({ id: z.string(), note: z.string().optional() });
const stock = defineContract('stock', {
  getStock: get('/api/stock/{id}', { summary: 'Stock', input: item, output: item }),
});
const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', { summary: 'One item', input: item, output: item }),
});

let clock: VirtualClock;
let service: StartedService;
const closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  clock = virtualClock();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function open() {
  const upstream = inMemoryUpstream(stock, { getStock: async (input) => input }, { clock, replicas: 2 });
  closing.push(() => upstream.close());
  return upstream;
}

async function start(getItem: (input: z.infer<typeof item>) => Promise<z.infer<typeof item>> = async (input) => input) {
  service = await startService(shop, { getItem });
  closing.push(() => service.stop());
  const operators = createUpstream('admin', service.adminUrl);
  closing.push(() => operators.close());
  return createClient(admin, operators);
}

/** What is shown once a request is: it ends a moment after its caller has the answer. */
function withRequest<Shown extends { readonly requests: readonly unknown[] }>(
  list: () => Promise<Shown>,
): Promise<Shown> {
  return eventually(async () => {
    const shown = await list();
    return shown.requests.length > 0 ? shown : undefined;
  });
}

describe('reading the admin API', () => {
  it('changes no state: neither of circuits nor of anything that another operation shows', async () => {
    await start();
    const upstream = open();
    upstream.inject(faults(status(503), status(503), status(503), slow(2_000), ok()));
    const { getStock } = createClient(stock, upstream);
    await clock.run(getStock({ id: '1' }).catch(() => {}));
    await clock.run(getStock({ id: '1' }));
    upstream.circuit('http://stock-1').forceOpen();
    const reads = Object.values(admin.operations).filter(({ method }) => method === 'GET');
    const read = async () => {
      const [before, shown] = [upstream.status(), await Promise.all(reads.map((operation) => answer(operation)))];
      expect(upstream.status()).toEqual(before);
      return shown;
    };
    const first = await read();
    expect(await read()).toEqual(first);
    expect(first.length).toBeGreaterThan(5);
    expect(service.logs.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  /** What is answered; of a stream the first item, without its time. */
  async function answer({ path, output }: (typeof admin.operations)[keyof typeof admin.operations]): Promise<unknown> {
    const leaving = new AbortController();
    const { body } = await fetch(`${service.adminUrl}${path.template}`, { signal: leaving.signal });
    if (!isStream(output)) return new Response(body).json();
    const first = await body?.getReader().read();
    leaving.abort();
    return new TextDecoder().decode(first?.value).replace(/"at":"[^"]*"/, '');
  }
});

describe('GET /admin/calls', () => {
  it('shows nothing where all is well', async () => {
    const { listCalls } = await start();
    await clock.run(createClient(stock, open()).getStock({ id: '1' }));
    await (await fetch(`${service.url}/api/items/1`)).text();
    expect(await listCalls()).toEqual({ slowMs: 1000, calls: [], requests: [] });
  });

  it('tells the attempts of calls that failed, were slow or needed another attempt, newest first', async () => {
    const { listCalls } = await start();
    const upstream = open();
    const { getStock } = createClient(stock, upstream);
    upstream.inject(faults(status(503), ok()));
    await clock.run(getStock({ id: '1' }));
    upstream.inject(faults(slow(1_200)));
    await clock.run(getStock({ id: '1' }));
    upstream.inject(faults(status(500), status(503)));
    await clock.run(getStock({ id: '1' }, { maxAttempts: 2 }).catch(() => {}));
    const { calls } = await listCalls();
    expect(calls).toMatchObject([
      {
        reason: 'failed',
        upstream: 'stock',
        operation: 'GET /api/stock/{id}',
        code: 'unavailable',
        status: 503,
        attempts: 2,
      },
      { reason: 'slow', durationMs: 1_200, attempts: 1, fate: 'success' },
      { reason: 'retried', fate: 'success_after_retry', attempts: 2 },
    ]);
    expect(calls[0]?.events.map(({ kind }) => kind)).toEqual([
      'attempt',
      'backoff',
      'chosen',
      'attempt',
      'gave_up',
      'ended',
    ]);
    expect(calls[0]?.timeline.join('\n')).toMatch(/attempt 1 +http:\/\/stock-\d: 500 internal[\s\S]*attempt 2/);
    expect(calls[1]?.timeline[0]).toMatch(/ 0\.0 ms +attempt 1 +http:\/\/stock-\d: 200 in 1200\.0 ms$/);
  });

  it.each(['1.1', '2'] as const)(
    'shows a failed request over HTTP/%s with the call that failed in it',
    async (http) => {
      const upstream = open();
      const { getStock } = createClient(stock, upstream);
      const { listCalls } = await start((input) => clock.run(getStock(input, { maxAttempts: 1 })));
      upstream.inject(faults(status(500)));
      const caller = createUpstream('shop', service.url, { http, maxAttempts: 1 });
      closing.push(() => caller.close());
      await createClient(shop, caller)
        .getItem({ id: '1' }, { requestId: 'order-7' })
        .catch(() => {});
      const { calls, requests } = await withRequest(listCalls);
      expect(requests).toMatchObject([
        { reason: 'failed', operation: 'GET /api/items/{id}', method: 'GET', scheme: 'http', requestId: 'order-7' },
      ]);
      expect(requests[0]?.status).toBeGreaterThanOrEqual(500);
      expect(calls.filter(({ upstream: name }) => name === 'stock')).toMatchObject([
        { reason: 'failed', requestId: 'order-7' },
      ]);
    },
  );

  it('shows nothing of query, headers, input, body and messages', async () => {
    const upstream = open();
    const { getStock } = createClient(stock, upstream);
    const { listCalls } = await start(async (input) => {
      await clock.run(getStock(input)).catch(() => {});
      throw new CallError('internal', `failed with ${secret}`);
    });
    upstream.inject(faults(status(503), status(503), status(503)));
    const headers = {
      authorization: `Bearer ${secret}`,
      'x-api-key': secret,
      'x-request-id': `${secret} with a space`,
    };
    await (await fetch(`${service.url}/api/items/${secret}?note=${secret}`, { headers })).text();
    const shown = await withRequest(listCalls);
    expect([shown.calls.length, shown.requests.length]).toEqual([1, 1]);
    expect(JSON.stringify(shown)).not.toContain(secret);
  });
});
