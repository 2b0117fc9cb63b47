import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { defineContract, get } from '@parley/contract';
import { type RunningService, serve } from '@parley/service';
import { z } from 'zod';
import { capturedLog } from '../packages/service/src/testing/captured-log.ts';
import { type CollectedPoint, type Collector, startCollector } from './collector.ts';
import { eventually } from './eventually.ts';

const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', { summary: 'One item', input: z.object({ id: z.string() }), output: z.object({}) }),
});
const variables = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_METRIC_EXPORT_INTERVAL', 'OTEL_METRICS_EXPORTER'];

let collector: Collector;
let service: RunningService | undefined;
let upstream: Upstream | undefined;
beforeEach(async () => {
  collector = await startCollector();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
  process.env.OTEL_METRIC_EXPORT_INTERVAL = '20';
});
afterEach(async () => {
  await upstream?.close();
  await service?.stop();
  await collector.close();
  for (const name of variables) delete process.env[name];
});

async function startShop() {
  const { logger, lines } = capturedLog('shop', 'info');
  const settings = { host: '127.0.0.1', port: 0, adminPort: 0, drainDelayMs: 0 };
  service = await serve(shop, { getItem: async () => ({}) }, { logger, settings });
  upstream = createUpstream('shop', `http://127.0.0.1:${service.port}`);
  const { getItem } = createClient(shop, upstream);
  for (let i = 0; i < 5; i++) await getItem({ id: String(i) });
  const { adminPort } = service;
  const scraped = async () => (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return { lines, scraped };
}

const wellNamed = (points: readonly CollectedPoint[], name: string) => points.filter((point) => point.name === name);

/** A push after all requests, and after all calls have ended. */
const isWhole = (points: readonly CollectedPoint[]) =>
  wellNamed(points, 'http.server.request.duration').some(({ count }) => count === 5) &&
  wellNamed(points, 'parley_client_calls').some(({ value }) => value === 5);

/** As a collector writes them for Prometheus. */
function prometheusName({ name, unit, kind }: CollectedPoint): string {
  const suffix = { s: '_seconds', By: '_bytes' }[unit] ?? '';
  return `${name.replaceAll('.', '_')}${suffix}${kind === 'counter' ? '_total' : ''}`;
}

describe('metrics that are pushed', () => {
  it('are those of /metrics, by OpenTelemetry’s names', async () => {
    const { scraped } = await startShop();
    const points = (await eventually(() => collector.pushes.find(isWhole))) as readonly CollectedPoint[];
    const families = [...(await scraped()).matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type]) => [
      name,
      type,
    ]);
    const pushed = new Map(points.map((point) => [prometheusName(point), point.kind]));
    // Metrics without a value are in /metrics by name only.
    const withValues = families.filter(([name = '']) => pushed.has(name));
    expect([...pushed].sort()).toEqual(withValues.sort());
    expect(pushed.size).toBeGreaterThan(25);
    expect(new Set(points.map((point) => point.service))).toEqual(new Set(['shop']));
  });

  it('have the values, attributes and buckets', async () => {
    await startShop();
    const points = (await eventually(() => collector.pushes.find(isWhole))) as readonly CollectedPoint[];
    const [served] = wellNamed(points, 'http.server.request.duration');
    expect(served).toMatchObject({
      ...{ kind: 'histogram', unit: 's', count: 5 },
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/api/items/{id}',
        'http.response.status_code': 200,
        'url.scheme': 'http',
      },
    });
    expect(served?.counts?.reduce((all, one) => all + one, 0)).toBe(5);
    expect(served?.counts).toHaveLength((served?.bounds?.length ?? 0) + 1);
    expect(served?.bounds?.slice(0, 3)).toEqual([0.005, 0.01, 0.025]);
    const [calls] = wellNamed(points, 'parley_client_calls');
    const attributes = { upstream: 'shop', operation: 'GET /api/items/{id}', fate: 'success' };
    expect(calls).toMatchObject({ kind: 'counter', value: 5, unit: '', attributes });
    expect(calls?.atMs).toBeGreaterThan(calls?.startMs ?? Number.POSITIVE_INFINITY);
  });

  it('are pushed once more as the service stops', async () => {
    process.env.OTEL_METRIC_EXPORT_INTERVAL = '3600000';
    await startShop();
    await service?.stop();
    service = undefined;
    expect(collector.pushes).toHaveLength(1);
    const [served] = wellNamed(collector.pushes[0] ?? [], 'http.server.request.duration');
    expect(served).toMatchObject({ count: 5 });
  });

  it('to a collector that refuses them are reported once, and no request fails', async () => {
    collector.answerWith(404);
    const { lines } = await startShop();
    const isReport = ({ msg }: { msg?: unknown }) => String(msg).startsWith('metrics were not pushed');
    await eventually(() => lines.some(isReport));
    await eventually(() => collector.refused > 5);
    expect(lines.filter(isReport)).toHaveLength(1);
  });

  it('are not with OTEL_METRICS_EXPORTER=none', async () => {
    process.env.OTEL_METRICS_EXPORTER = 'none';
    await startShop();
    await service?.stop();
    service = undefined;
    expect(collector.pushes).toEqual([]);
    expect(collector.spans.length).toBeGreaterThan(0);
  });
});
