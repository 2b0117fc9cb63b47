import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CreateUpstreamOptions, createClient, createUpstream } from '@parley/client';
import { CallError, defineContract, get, runInContext } from '@parley/contract';
import type { ServiceListener } from '@parley/service';
import { type StartedService, startService } from '@parley/service/testing';
import { startTracing, type Tracing } from '@parley/telemetry';
import { z } from 'zod';
import { type CollectedSpan, type Collector, startCollector } from './collector.ts';

const item = z.object({ id: z.string() });
const input = z.object({ id: z.string(), token: z.string().optional() });
const stock = defineContract('stock', {
  getStock: get('/api/stock/{id}', { summary: 'What is there', input, output: item }),
});
const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', { summary: 'One item', input, output: item }),
});

const variables = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TIMEOUT',
  'OTEL_SDK_DISABLED',
  'OTEL_TRACES_EXPORTER',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'TRACES_SLOW_MS',
];

let collector: Collector;
let tracing: Tracing | undefined;
let closes: (() => Promise<void>)[];
let warnings: string[];
beforeEach(async () => {
  collector = await startCollector();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
  closes = [];
  warnings = [];
});
afterEach(async () => {
  for (const close of closes.reverse()) await close();
  await tracing?.close();
  await collector.close();
  for (const name of variables) delete process.env[name];
});

async function trace(environment: Record<string, string> = {}): Promise<void> {
  Object.assign(process.env, environment);
  tracing = await startTracing({ serviceName: 'tested', warn: (message) => warnings.push(message) });
}

const listeners = (): ServiceListener[] => (tracing ? [tracing.listener] : []);

interface ShopSettings {
  readonly getStock?: (input: { id: string }) => Promise<{ id: string }>;
  readonly options?: CreateUpstreamOptions;
}

/** A shop that asks a stock, both in this process. */
async function startShop({
  getStock = async ({ id }) => ({ id }),
  options,
}: ShopSettings = {}): Promise<StartedService> {
  const below = await startService(stock, { getStock }, { listeners: listeners() });
  const upstream = createUpstream('stock', below.url, { backoffBaseMs: 1, ...options });
  const client = createClient(stock, upstream);
  const service = await startService(
    shop,
    { getItem: ({ id }) => client.getStock({ id, token: 's3cret' }) },
    { listeners: listeners() },
  );
  closes.push(below.stop, () => upstream.close(), service.stop);
  return service;
}

/** All spans, once the process has sent them. */
async function collected(): Promise<readonly CollectedSpan[]> {
  for (const close of closes.reverse()) await close();
  closes = [];
  await tracing?.close();
  return [...collector.spans].sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs);
}

const root = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const unsampled = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` };
const outline = ({ kind, name }: CollectedSpan) => `${kind} ${name}`;
const spanOf = (spans: readonly CollectedSpan[], start: string) =>
  spans.find((span) => outline(span).startsWith(start)) as CollectedSpan;

describe('a trace', () => {
  it.each(['1.1', '2'] as const)('is whole from service to service over HTTP/%s', async (http) => {
    await trace();
    const service = await startShop({ options: { http } });
    const headers = { ...root, tracestate: 'vendor=1', authorization: 'Bearer s3cret' };
    expect((await fetch(`${service.url}/api/items/7?token=s3cret`, { headers })).status).toBe(200);
    const spans = await collected();
    expect(spans.map(outline)).toEqual([
      'SERVER GET /api/items/{id}',
      'INTERNAL GET /api/stock/{id}',
      'CLIENT GET /api/stock/{id}',
      'SERVER GET /api/stock/{id}',
    ]);
    const parents = ['b'.repeat(16), ...spans.map(({ spanId }) => spanId)];
    expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual(parents.slice(0, 4));
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(['a'.repeat(32)]));
    expect(new Set(spans.map(({ traceState }) => traceState))).toEqual(new Set(['vendor=1']));
    expect(collector.text()).not.toContain('s3cret');
  });

  it('has the attributes of OpenTelemetry’s HTTP conventions', async () => {
    await trace();
    const service = await startShop();
    await fetch(`${service.url}/api/items/7?x=1`, { headers: root });
    const spans = await collected();
    expect(spanOf(spans, 'SERVER GET /api/items').attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/api/items/{id}',
      'http.response.status_code': 200,
      'url.path': '/api/items/7',
      'url.scheme': 'http',
    });
    const common = {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'server.address': 'stock',
      'url.template': '/api/stock/{id}',
    };
    const call = { ...common, 'parley.attempts': 1, 'parley.fate': 'success' };
    expect(spanOf(spans, 'INTERNAL').attributes).toEqual(call);
    expect(spanOf(spans, 'CLIENT').attributes).toEqual({
      ...common,
      'server.port': expect.any(Number),
      'network.peer.address': '127.0.0.1',
      'network.peer.port': expect.any(Number),
      'url.full': expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api\/stock\/7$/),
    });
    expect(spans[0]?.resource).toMatchObject({ 'service.name': 'tested', 'telemetry.sdk.language': 'nodejs' });
  });

  it('has a span for each attempt, and the upstream’s span below the one that it answered', async () => {
    await trace();
    let failures = 1;
    const service = await startShop({
      async getStock({ id }) {
        if (failures-- > 0) throw new CallError('unavailable', 'not now');
        return { id };
      },
    });
    await fetch(`${service.url}/api/items/7`, { headers: root });
    const spans = await collected();
    const attempts = spans.filter(({ kind }) => kind === 'CLIENT');
    expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1]);
    expect(attempts.map(({ isError }) => isError)).toEqual([true, false]);
    expect(attempts[0]?.attributes).toMatchObject({ 'error.type': 'unavailable', 'http.response.status_code': 503 });
    const served = spans.filter((span) => outline(span) === 'SERVER GET /api/stock/{id}');
    expect(served.map(({ parentSpanId }) => parentSpanId)).toEqual(attempts.map(({ spanId }) => spanId));
    const call = spanOf(spans, 'INTERNAL');
    expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual([call.spanId, call.spanId]);
    expect(call).toMatchObject({ isError: false, attributes: { 'parley.fate': 'success_after_retry' } });
  });

  it('begins with the call in a script', async () => {
    await trace();
    const below = await startService(stock, { getStock: async ({ id }) => ({ id }) }, { listeners: listeners() });
    const upstream = createUpstream('stock', below.url);
    closes.push(below.stop, () => upstream.close());
    await createClient(stock, upstream).getStock({ id: '7' });
    const spans = await collected();
    expect(spans.map(outline)).toEqual([
      'INTERNAL GET /api/stock/{id}',
      'CLIENT GET /api/stock/{id}',
      'SERVER GET /api/stock/{id}',
    ]);
    expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual(['', spans[0]?.spanId, spans[1]?.spanId]);
  });

  it('names nothing that a client invents', async () => {
    await trace();
    const service = await startShop();
    await fetch(`${service.url}/nothing?token=s3cret`, { headers: root });
    await fetch(`${service.url}/nothing`, { headers: root, method: 'PURGE' });
    const spans = await collected();
    expect(spans.map(({ name }) => name)).toEqual(['GET', 'HTTP']);
    expect(spans[1]?.attributes).toMatchObject({ 'http.request.method': '_OTHER', 'error.type': 'not_found' });
    expect(spans.map(({ isError }) => isError)).toEqual([false, false]);
  });
});

describe('a trace that is not sampled', () => {
  it('is not exported while all goes well', async () => {
    await trace();
    const service = await startShop();
    await fetch(`${service.url}/api/items/7`, { headers: unsampled });
    await fetch(`${service.url}/api/nothing`, { headers: unsampled });
    expect(await collected()).toEqual([]);
  });

  it('is exported where it failed, by each process that saw it fail', async () => {
    await trace();
    const getStock = () => Promise.reject(new Error('bug'));
    const service = await startShop({ getStock, options: { maxAttempts: 1 } });
    expect((await fetch(`${service.url}/api/items/7`, { headers: unsampled })).status).toBe(502);
    const spans = await collected();
    expect(spans.map(outline).sort()).toEqual([
      'CLIENT GET /api/stock/{id}',
      'INTERNAL GET /api/stock/{id}',
      'SERVER GET /api/items/{id}',
      'SERVER GET /api/stock/{id}',
    ]);
    expect(spans.map(({ isError }) => isError)).toEqual([true, true, true, true]);
    expect(spanOf(spans, 'SERVER GET /api/stock').attributes).toMatchObject({ 'error.type': 'internal' });
  });

  it('is exported where it was slow', async () => {
    await trace({ TRACES_SLOW_MS: '1', OTEL_TRACES_SAMPLER: 'always_off' });
    const service = await startShop({
      async getStock({ id }) {
        const end = performance.now() + 5;
        while (performance.now() < end);
        return { id };
      },
    });
    await fetch(`${service.url}/api/items/7`);
    expect((await collected()).map(outline).sort()).toEqual([
      'CLIENT GET /api/stock/{id}',
      'INTERNAL GET /api/stock/{id}',
      'SERVER GET /api/items/{id}',
      'SERVER GET /api/stock/{id}',
    ]);
  });

  it('says so to its upstream', async () => {
    await trace({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    let flag: boolean | undefined;
    const below = await startService(stock, {
      async getStock({ id }, context) {
        flag = context?.trace?.isSampled;
        return { id };
      },
    });
    const upstream = createUpstream('stock', below.url);
    closes.push(below.stop, () => upstream.close());
    await runInContext({}, () => createClient(stock, upstream).getStock({ id: '7' }));
    expect(flag).toBe(false);
  });
});

describe('a collector', () => {
  it('that is down harms no request, and is reported once', async () => {
    await trace({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_TIMEOUT: '200' });
    const service = await startShop();
    for (let index = 0; index < 3; index++) {
      expect((await fetch(`${service.url}/api/items/7`)).status).toBe(200);
    }
    expect(await collected()).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^12 spans were not exported/)]);
  });

  it('that refuses is reported with what it said', async () => {
    collector.answerWith(400);
    await trace();
    const service = await startShop();
    await fetch(`${service.url}/api/items/7`);
    expect(await collected()).toEqual([]);
    expect(warnings[0]).toMatch(/^4 spans were not exported: .+; is OTEL_EXPORTER_OTLP_ENDPOINT a collector\?$/);
  });
});

describe('without a collector', () => {
  it('nothing is started', async () => {
    delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
    await trace();
    expect(tracing).toBeUndefined();
  });

  it.each([
    ['OTEL_SDK_DISABLED', 'true'],
    ['OTEL_TRACES_EXPORTER', 'none'],
  ])('nor with %s=%s', async (name, value) => {
    await trace({ [name]: value });
    expect(tracing).toBeUndefined();
  });
});
