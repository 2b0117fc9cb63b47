import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CollectedSpan, type Collector, startCollector } from '../collector.ts';
import { type RunningService, startService } from '../running-service.ts';
import { startSystem as startLauncher } from '../running-system.ts';

let collector: Collector;
let data: string;
let running: RunningService[];
beforeEach(async () => {
  collector = await startCollector();
  data = await mkdtemp(join(tmpdir(), 'parley-traces-'));
  running = [];
});
afterEach(async () => {
  await stopAll();
  await collector.close();
  await rm(data, { recursive: true, force: true });
});

/** Each with exit code 0: what they hold is sent by then. */
async function stopAll(): Promise<void> {
  for (const service of running.reverse()) expect(await service.stop()).toBe(0);
  running = [];
}

/** Guestbook, which calls hello, which calls greetings; returns where guestbook is. */
async function startSystem(environment: Record<string, string> = {}): Promise<string> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, DATA_DIR: data, ...environment };
  const start = async (name: string, upstream: Record<string, string>) => {
    const service = await startService(name, { ...env, ...upstream });
    running.push(service);
    return service.url;
  };
  const greetings = await start('greetings', {});
  const hello = await start('hello', { GREETINGS_URL: greetings });
  return start('guestbook', { HELLO_URL: hello });
}

function addVisit(guestbook: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify({ name: 'Ada', message: 's3cret' });
  return fetch(`${guestbook}/api/visits`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer s3cret', ...headers },
    body,
  });
}

/** The trace of the visit: the launcher asks services for their documents too. */
function visitTrace(): string | undefined {
  return collector.spans.find(({ name }) => name === 'POST /api/visits')?.traceId;
}

/** From the root down: `service kind name`. */
function chain(spans: readonly CollectedSpan[]): string[] {
  const lines: string[] = [];
  let parent = '';
  for (;;) {
    const span = spans.find(({ parentSpanId }) => parentSpanId === parent);
    if (!span) return lines;
    lines.push(`${span.service} ${span.kind} ${span.name}`);
    parent = span.spanId;
  }
}

const whole = [
  'guestbook SERVER POST /api/visits',
  'guestbook INTERNAL GET /api/hello',
  'guestbook CLIENT GET /api/hello',
  'hello SERVER GET /api/hello',
  'hello INTERNAL GET /api/greetings',
  'hello CLIENT GET /api/greetings',
  'greetings SERVER GET /api/greetings',
];

describe('a trace through guestbook, hello and greetings', () => {
  it('is whole: each span is below the one that caused it, and begins within it', async () => {
    const guestbook = await startSystem({ OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test' });
    expect((await addVisit(guestbook)).status).toBe(201);
    await stopAll();
    const { spans } = collector;
    expect(chain(spans)).toEqual(whole);
    expect(spans).toHaveLength(whole.length);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(spans.every(({ isError }) => !isError)).toBe(true);
    for (const { startMs, parentSpanId } of spans) {
      const parent = spans.find(({ spanId }) => spanId === parentSpanId);
      expect(startMs).toBeGreaterThanOrEqual((parent?.startMs ?? 0) - 10);
    }
    expect(spans[0]?.resource).toMatchObject({ 'service.version': '1.0.0', 'deployment.environment.name': 'test' });
    expect(collector.text()).not.toMatch(/s3cret|Ada/);
    // Their metrics came too, as they stopped.
    const served = collector.pushes.flat().filter(({ name }) => name === 'http.server.request.duration');
    expect(served.map(({ service, attributes }) => `${service} ${attributes['http.route']}`).sort()).toEqual([
      'greetings /api/greetings',
      'guestbook /api/visits',
      'hello /api/hello',
    ]);
  });

  it('that nobody samples is exported where it fails, up to where the failure was seen', async () => {
    const guestbook = await startSystem({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
    expect((await addVisit(guestbook)).status).toBe(201);
    expect(await running[1]?.stop()).toBe(0);
    running.splice(1, 1);
    expect((await addVisit(guestbook)).status).toBe(503);
    await stopAll();
    const { spans } = collector;
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['guestbook']));
    expect(chain(spans).slice(0, 3)).toEqual(whole.slice(0, 3));
    expect(spans.find(({ kind }) => kind === 'INTERNAL')?.attributes).toMatchObject({ 'error.type': 'unavailable' });
  });

  it('has its root in the first service behind the gateway, which exports no span', async () => {
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
    try {
      const system = await startLauncher('--gateway', 'embedded');
      expect((await addVisit(system.url)).status).toBe(201);
      expect(await system.stop()).toBe(0);
    } finally {
      delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
    }
    expect(chain(collector.spans.filter(({ traceId }) => traceId === visitTrace()))).toEqual(whole);
  });

  it('is lost with a collector that is down, and no request is', async () => {
    const lost = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_BSP_SCHEDULE_DELAY: '50' };
    const guestbook = await startSystem(lost);
    for (let index = 0; index < 20; index++) expect((await addVisit(guestbook)).status).toBe(201);
    await stopAll();
    expect(collector.spans).toEqual([]);
  });
});
