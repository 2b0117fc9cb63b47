import { afterEach, describe, expect, it } from '@jest/globals';
import { parseTraceparent } from '@parley/contract';
import { scripted, someAttempt, someReply } from '../../test-fixtures/sample.ts';
import type { Attempt } from '../layer.ts';
import { attemptSpan } from './attempt-span.ts';
import { Telemetry } from './telemetry.ts';

const traceId = 'a'.repeat(32);
const served = { traceId, spanId: 'b'.repeat(16), isSampled: true };
const sent = `00-${traceId}-${'c'.repeat(16)}-01`;
const apiKey = Symbol.for('opentelemetry.js.api.1');
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');

afterEach(() => {
  delete (globalThis as { [apiKey]?: unknown })[apiKey];
});

async function headersOf(attempt: Partial<Attempt>, { wantsSpans = false, traceparent = sent } = {}) {
  const telemetry = new Telemetry();
  telemetry.subscribe({ wantsSpans });
  const wire = scripted(someReply());
  await attemptSpan(telemetry)(wire)(someAttempt(attempt, { headers: { traceparent }, context: { trace: served } }));
  return wire.requests[0]?.headers ?? {};
}

/** What the application's SDK registers, with this span active. */
function registerApi(span?: object): void {
  const active = () => ({ getValue: (key: symbol) => (key === spanKey ? span : undefined) });
  Object.assign(globalThis, { [apiKey]: { version: '1.9.0', trace: {}, context: { active } } });
}

describe('the span of an attempt', () => {
  it('is that of the headers for the first one', async () => {
    expect((await headersOf({})).traceparent).toBe(sent);
    expect((await headersOf({}, { wantsSpans: true })).traceparent).toBe(sent);
  });

  it.each([{ number: 2 }, { isHedge: true }])('is one of its own for %j, in the same trace', async (attempt) => {
    const trace = parseTraceparent((await headersOf(attempt)).traceparent);
    expect(trace).toMatchObject({ traceId, isSampled: true });
    expect([served.spanId, 'c'.repeat(16)]).not.toContain(trace?.spanId);
  });

  it('is not the span of a caller that has set traceparent itself, where spans are made', async () => {
    const traceparent = `00-${traceId}-${served.spanId}-01`;
    expect((await headersOf({}, { traceparent })).traceparent).toBe(traceparent);
    expect((await headersOf({}, { traceparent, wantsSpans: true })).traceparent).not.toContain(served.spanId);
  });

  it('is the active one where the application has an OpenTelemetry SDK of its own', async () => {
    const context = { traceId: 'd'.repeat(32), spanId: 'e'.repeat(16), traceFlags: 1 };
    registerApi({ spanContext: () => ({ ...context, traceState: { serialize: () => 'vendor=1' } }) });
    const traceparent = `00-${context.traceId}-${context.spanId}-01`;
    expect(await headersOf({})).toEqual({ traceparent, tracestate: 'vendor=1' });
    expect(await headersOf({ number: 2 })).toEqual({ traceparent, tracestate: 'vendor=1' });
  });

  it('stays where that SDK has no span active', async () => {
    registerApi();
    expect((await headersOf({ number: 2 })).traceparent).toBe(sent);
  });

  it('is not made for a request without a trace', async () => {
    expect(await headersOf({ number: 2 }, { traceparent: 'none' })).toEqual({ traceparent: 'none' });
  });
});
