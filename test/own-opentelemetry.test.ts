import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Context, type ContextManager, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createClient, createUpstream, type Upstream } from '@parley/client';
import { CallError, defineContract, get } from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import { startMetricsPush, startTracing } from '@parley/telemetry';
import { z } from 'zod';

const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', { summary: 'One item', input: z.object({ id: z.string() }), output: z.object({}) }),
});

/** Keeps the active span over awaits, as the SDK's own for Node does. */
class AsyncContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = () => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager['with'] = (active, work, self, ...args) =>
    this.#storage.run(active, () => work.apply(self as ThisParameterType<typeof work>, args));
  bind = <T>(_: Context, target: T): T => target;
  enable = () => this;
  disable = () => this;
}

let parents: (string | undefined)[];
let service: StartedService;
let upstream: Upstream;
beforeEach(async () => {
  parents = [];
  let failures = 1;
  const getItem = async (_: object, given?: { readonly trace?: { readonly parentSpanId?: string } }) => {
    parents.push(given?.trace?.parentSpanId);
    if (failures-- > 0) throw new CallError('unavailable', 'not now');
    return {};
  };
  service = await startService(shop, { getItem });
  upstream = createUpstream('shop', service.url, { backoffBaseMs: 1 });
  context.setGlobalContextManager(new AsyncContexts());
});
afterEach(async () => {
  trace.disable();
  context.disable();
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  await upstream.close();
  await service.stop();
});

describe('an application with an OpenTelemetry SDK of its own', () => {
  it('has its active span as parent of every attempt', async () => {
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() })] }),
    );
    const client = createClient(shop, upstream);
    const spanId = await trace.getTracer('test').startActiveSpan('work', async (span) => {
      await client.getItem({ id: '7' });
      span.end();
      return span.spanContext().spanId;
    });
    expect(parents).toEqual([spanId, spanId]);
  });

  it('keeps it: ours exports nothing, and says so', async () => {
    trace.setGlobalTracerProvider(new TracerProvider());
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:1';
    const warnings: string[] = [];
    const tracing = await startTracing({ serviceName: 'shop', warn: (message) => warnings.push(message) });
    expect(tracing).toBeUndefined();
    const push = await startMetricsPush({ serviceName: 'shop', read: () => [], warn: (text) => warnings.push(text) });
    expect(push).toBeUndefined();
    const sentence = expect.stringMatching(/^the application has an OpenTelemetry SDK of its own/);
    expect(warnings).toEqual([sentence, sentence]);
  });
});
