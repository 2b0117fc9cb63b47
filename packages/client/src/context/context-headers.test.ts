import { describe, expect, it } from '@jest/globals';
import { parseTraceparent } from '@parley/contract';
import { contextHeaders } from './context-headers.ts';

describe('contextHeaders', () => {
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: false, state: 'vendor=1' };

  it('hands on the request id and the trace, with a span of its own', () => {
    const headers = contextHeaders({ requestId: 'r-1', trace });
    expect(headers).toMatchObject({ 'x-request-id': 'r-1', tracestate: 'vendor=1' });
    const told = parseTraceparent(headers.traceparent);
    expect(told).toMatchObject({ traceId: trace.traceId, isSampled: false });
    expect(told?.spanId).not.toBe(trace.spanId);
  });

  it('hands on baggage', () => {
    expect(contextHeaders({ baggage: 'tenant=7' }).baggage).toBe('tenant=7');
    expect(contextHeaders({})).not.toHaveProperty('baggage');
  });

  it('hands on the priority, and says nothing where there is none', () => {
    expect(contextHeaders({ priority: 'background' })['x-request-priority']).toBe('background');
    expect(contextHeaders({})).not.toHaveProperty('x-request-priority');
  });

  it('begins a trace outside a request, and names the request after it', () => {
    const headers = contextHeaders({});
    expect(parseTraceparent(headers.traceparent)?.traceId).toBe(headers['x-request-id']);
    expect(headers).not.toHaveProperty('tracestate');
  });
});
