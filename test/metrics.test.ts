import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { CallError, defineContract, get, post } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import express from 'express';
import { z } from 'zod';
import { certificate } from '../packages/service/test-fixtures/certificates.ts';
import { describeWith } from './needs.ts';

const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', {
    summary: 'One item',
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string() }),
    cache: { maxAgeS: 60, scope: 'private' },
  }),
});

let service: StartedService;
let upstream: Upstream | undefined;
afterEach(async () => {
  await upstream?.close();
  upstream = undefined;
  await service.stop();
});

async function start(getItem = async ({ id }: { id: string }) => ({ id }), options = {}): Promise<void> {
  service = await startService(shop, { getItem }, options);
}

async function metrics(accept = '*/*'): Promise<{ readonly type: string | null; readonly lines: readonly string[] }> {
  const response = await fetch(`${service.adminUrl}/metrics`, { headers: { accept } });
  expect(response.status).toBe(200);
  return { type: response.headers.get('content-type'), lines: (await response.text()).split('\n') };
}

const numberAt = (lines: readonly string[], start: string) =>
  Number(
    lines
      .find((line) => line.startsWith(start))
      ?.split(' ')
      .at(-1),
  );

describe('the metrics of a service', () => {
  it('are on the operators’ port, and not on that of callers', async () => {
    await start();
    expect((await metrics()).type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect((await fetch(`${service.url}/metrics`)).status).toBe(404);
  });

  it('count requests by route, never by URL', async () => {
    await start();
    for (let index = 0; index < 20; index++) await fetch(`${service.url}/api/items/${index}`);
    await fetch(`${service.url}/nothing?token=s3cret`);
    const { lines } = await metrics();
    const labels = (route: string, status: number, error: string) =>
      `http_server_request_duration_seconds_count{http_request_method="GET",http_route="${route}",http_response_status_code="${status}",url_scheme="http",error_type="${error}"}`;
    expect(lines).toContain(`${labels('/api/items/{id}', 200, '')} 20`);
    expect(lines).toContain(`${labels('', 404, 'not_found')} 1`);
    expect(lines.join('\n')).not.toMatch(/s3cret|nothing/);
  });

  it('have the route of a mounted app where one matched, and of the OpenAPI document', async () => {
    const app = express();
    app.get('/', (_req, res) => res.send('home'));
    app.use(express.static('docs'));
    await start(undefined, { mount: [{ app }, { app: express.Router(), path: '/old' }] });
    for (const path of ['/', '/cookbook.md', '/nothing', '/old/nothing', '/openapi.json']) {
      await (await fetch(`${service.url}${path}`)).text();
    }
    const counted = (await metrics()).lines.filter((line) => line.includes('duration_seconds_count{'));
    const routes = counted.map((line) => {
      const [, route, status, count] = /http_route="(.*?)",http_response_status_code="(.*?)".*} (.*)/.exec(line) ?? [];
      return `${status} "${route}" ${count}`;
    });
    expect(routes.sort()).toEqual(['200 "" 1', '200 "/" 1', '200 "/openapi.json" 1', '404 "" 2']);
  });

  it('count unusual methods as one', async () => {
    await start();
    for (const method of ['PROPFIND', 'LOCK', 'PURGE']) await fetch(`${service.url}/api/items/1`, { method });
    const { lines } = await metrics();
    const counts = lines.filter((line) => line.startsWith('http_server_request_duration_seconds_count'));
    expect(counts).toHaveLength(1);
    expect(counts[0]).toMatch(/http_request_method="_OTHER".* 3$/);
  });

  it('count what load shedding refused', async () => {
    const done = Promise.withResolvers<void>();
    await start(
      async ({ id }) => {
        await done.promise;
        return { id };
      },
      { maxInFlight: 1 },
    );
    const calls = Array.from({ length: 5 }, (_, index) => fetch(`${service.url}/api/items/${index}`));
    const refused = await Promise.any(calls);
    expect([429, 503]).toContain(refused.status);
    done.resolve();
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    const { lines } = await metrics();
    const counted = lines.filter((line) => line.startsWith('parley_server_refused_requests_total{'));
    const sum = counted.reduce((all, line) => all + Number(line.split(' ').at(-1)), 0);
    expect(sum).toBe(statuses.filter((status) => status >= 400).length);
    expect(lines).toContain('parley_server_requests_limit 1');
  });

  it('count keyed requests that were answered as the first time', async () => {
    const orders = defineContract('orders', {
      order: post('/api/orders', {
        summary: 'Orders',
        safety: 'keyed',
        input: z.object({}),
        output: z.object({ id: z.string() }),
      }),
    });
    service = await startService(orders, { order: async () => ({ id: '1' }) });
    const ask = (key: string) =>
      fetch(`${service.url}/api/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `"${key}"` },
        body: '{}',
      }).then((response) => response.text());
    const replays = 'parley_server_idempotent_replays_total{http_route="/api/orders"}';
    expect((await metrics()).lines).toContain(`${replays} 0`);
    for (const key of ['a', 'a', 'a', 'b']) await ask(key);
    const { lines } = await metrics();
    expect(lines).toContain(`${replays} 2`);
  });

  it('have counters of what is rare at 0 before it happens, so that the first time is an increase', async () => {
    await start();
    upstream = createUpstream('shop', service.url);
    const { lines } = await metrics();
    expect(lines).toContain(
      'parley_server_refused_requests_total{reason="overloaded",priority="normal",caller="address"} 0',
    );
    expect(lines).toContain('parley_client_circuit_openings_total{upstream="shop",reason="slow"} 0');
    expect(lines).toContain('parley_client_extra_attempts_total{upstream="shop",kind="hedge"} 0');
  });

  it('count calls by their fate, and attempts apart from them', async () => {
    let failures = 1;
    await start(async ({ id }) => {
      if (failures-- > 0) throw new CallError('unavailable', 'not now');
      return { id };
    });
    upstream = createUpstream('shop', service.url);
    const client = createClient(shop, upstream);
    await client.getItem({ id: '1' });
    await client.getItem({ id: '2' });
    const { lines } = await metrics();
    const call = 'upstream="shop",operation="GET /api/items/{id}"';
    expect(lines).toContain(`parley_client_calls_total{${call},fate="success_after_retry"} 1`);
    expect(lines).toContain(`parley_client_calls_total{${call},fate="success"} 1`);
    expect(lines).toContain('parley_client_extra_attempts_total{upstream="shop",kind="retry"} 1');
    const attempt = 'server_address="shop",http_request_method="GET",url_template="/api/items/{id}"';
    expect(lines).toContain(
      `http_client_request_duration_seconds_count{${attempt},http_response_status_code="503",error_type="unavailable"} 1`,
    );
    expect(lines).toContain('parley_client_endpoints{upstream="shop",circuit="closed"} 1');
    expect(lines.join('\n')).not.toContain('127.0.0.1');
    upstream.circuit(service.url).forceOpen();
    const after = (await metrics()).lines;
    expect(after).toContain('parley_client_endpoints{upstream="shop",circuit="forced-open"} 1');
    expect(after).toContain('parley_client_circuit_openings_total{upstream="shop",reason="operator"} 1');
  });

  it('count connections, waits between attempts, refusals of the budget and waits for a place', async () => {
    const places = Promise.withResolvers<void>();
    await start(async ({ id }) => {
      if (id === 'slow') await places.promise;
      else throw new CallError('unavailable', 'not now');
      return { id };
    });
    const options = { concurrencyLimit: 1, maxQueue: 1, maxAttempts: 2, backoffBaseMs: 1, retryBudgetRatio: 0 };
    upstream = createUpstream('shop', service.url, options);
    const client = createClient(shop, upstream);
    await client.getItem({ id: '1' }).catch(() => {});
    upstream.configure({ retryBudgetPerSecond: 0 });
    await client.getItem({ id: '1' }).catch(() => {});
    const calls = [1, 2, 3].map(() => client.getItem({ id: 'slow' }));
    await Promise.any(
      calls.map((call) =>
        call.then(
          () => Promise.reject(new Error()),
          () => {},
        ),
      ),
    );
    places.resolve();
    await Promise.allSettled(calls);
    const { lines } = await metrics();
    expect(lines).toContain('parley_client_retry_delay_seconds_count{upstream="shop"} 1');
    expect(lines).toContain('parley_client_retry_budget_refusals_total{upstream="shop",kind="retry"} 1');
    expect(lines).toContain('parley_client_queue_wait_seconds_count{upstream="shop",end="refused"} 1');
    expect(lines).toContain('parley_client_queue_wait_seconds_count{upstream="shop",end="admitted"} 1');
    expect(numberAt(lines, 'parley_client_connections_opened_total{upstream="shop"} ')).toBeGreaterThan(0);
    expect(lines).toContain('parley_client_connections_closed_total{upstream="shop",reason="age"} 0');
    await upstream.close();
    const after = (await metrics()).lines;
    expect(numberAt(after, 'parley_client_connections_closed_total{upstream="shop",reason="client"} ')).toBeGreaterThan(
      0,
    );
  });

  it('count what the cache of an upstream does, and nothing of upstreams without one', async () => {
    await start();
    upstream = createUpstream('shop', service.url, { cache: true });
    const uncached = createUpstream('uncached', service.url);
    for (const one of [upstream, upstream, uncached]) await createClient(shop, one).getItem({ id: '1' });
    await uncached.close();
    const { lines } = await metrics();
    const counted = lines.filter((line) => line.startsWith('parley_client_cache_total{'));
    expect(counted).toEqual(
      ['hit 1', 'stale 0', 'revalidated 0', 'miss 1', 'bypass 0'].map((text) => {
        const [result, count] = text.split(' ');
        return `parley_client_cache_total{upstream="shop",result="${result}"} ${count}`;
      }),
    );
  });

  it('forget an upstream that is closed', async () => {
    await start();
    upstream = createUpstream('shop', service.url);
    expect((await metrics()).lines.join()).toContain('parley_client_retry_budget{upstream="shop"}');
    await upstream.close();
    expect((await metrics()).lines.join()).not.toContain('parley_client_retry_budget{upstream="shop"}');
  });

  it('name the trace of a slow request in OpenMetrics', async () => {
    await start(async ({ id }) => {
      const until = performance.now() + 120;
      while (performance.now() < until);
      return { id };
    });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    await fetch(`${service.url}/api/items/1`, { headers });
    const { type, lines } = await metrics('application/openmetrics-text; version=1.0.0, text/plain;q=0.5');
    expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(lines.some((line) => line.includes(`# {trace_id="${traceId}"}`))).toBe(true);
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });

  it('say when the certificate ends, and nothing of one in cleartext', async () => {
    const name = 'parley_server_certificate_expiry_timestamp_seconds ';
    const own = await certificate({ validDays: 5 });
    await start(undefined, { tls: own });
    const leftS = numberAt((await metrics()).lines, name) - Date.now() / 1000;
    expect(leftS / 86_400).toBeGreaterThan(4);
    expect(leftS / 86_400).toBeLessThanOrEqual(5);
    await service.stop();
    await start();
    expect((await metrics()).lines.some((line) => line.startsWith(name))).toBe(false);
  });

  it('have the process, and change nothing by being read', async () => {
    await start();
    const first = (await metrics()).lines;
    const second = (await metrics()).lines;
    expect(first).toContain(`parley_service_info{service="shop",version="1.0.0",node="${process.versions.node}"} 1`);
    for (const name of ['process_cpu_seconds_total ', 'nodejs_eventloop_active_seconds_total ']) {
      expect(numberAt(second, name)).toBeGreaterThanOrEqual(numberAt(first, name));
    }
    expect(numberAt(first, 'process_resident_memory_bytes ')).toBeGreaterThan(10_000_000);
    expect(numberAt(first, 'parley_server_draining ')).toBe(0);
  });
});

describe('docs/operators-api.md', () => {
  it('lists every metric with its labels, and no other', async () => {
    await start();
    upstream = createUpstream('shop', service.url);
    const { getItem } = createClient(shop, upstream);
    await getItem({ id: '1' });
    const { lines } = await metrics();
    const names = lines.filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]);
    const page = await readFile(new URL('../docs/operators-api.md', import.meta.url), 'utf8');
    const rows = page
      .split('## Metrics\n')[1]
      ?.split('\n## ')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('| `'));
    const listed = rows?.flatMap((row) => row.split('|')[1]?.match(/\w+/g) ?? []);
    expect(listed?.sort()).toEqual(names.sort());
    for (const row of rows ?? []) {
      const [, name = '', labels = ''] = row.split('|');
      const [sample] = lines.filter(
        (line) => line.startsWith(`${name.match(/\w+/)?.[0]}{`) || line.startsWith(`${name.match(/\w+/)?.[0]}_sum{`),
      );
      const written = [...(sample?.matchAll(/(\w+)="/g) ?? [])].map(([, label]) => label);
      if (sample) expect([name, labels.match(/\w+/g)]).toEqual([name, written]);
    }
  });
});

describeWith('promtool')('promtool', () => {
  it('has nothing to say of the metrics', async () => {
    await start();
    upstream = createUpstream('shop', service.url);
    const { getItem } = createClient(shop, upstream);
    await getItem({ id: '1' });
    await fetch(`${service.url}/nothing`);
    const { lines } = await metrics();
    const check = spawnSync('promtool', ['check', 'metrics'], { input: lines.join('\n'), encoding: 'utf8' });
    expect(check).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });
});
