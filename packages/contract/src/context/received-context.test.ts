import { describe, expect, it } from '@jest/globals';
import {
  addReceivedContext,
  type MutableContext,
  type ReceivedHeaders,
  requestedTimeoutMs,
  requestIdOf,
} from './received-context.ts';

const contextOf = (headers: ReceivedHeaders): MutableContext => {
  const context: MutableContext = {};
  addReceivedContext(context, headers);
  return context;
};
const traceId = 'a'.repeat(32);
const traceparent = `00-${traceId}-${'b'.repeat(16)}-01`;

describe('addReceivedContext', () => {
  it('takes over what the headers of a call say', () => {
    const context = contextOf({
      traceparent,
      tracestate: 'x=y',
      'x-attempts-left': '2',
      'x-request-priority': 'background',
      'idempotency-key': '"order-7"',
      'x-explain': '1',
    });
    expect(context).toMatchObject({ priority: 'background', idempotencyKey: '"order-7"', timings: [] });
    expect(context.attemptsLeft?.count).toBe(2);
    expect(context.trace).toMatchObject({ traceId, state: 'x=y', isSampled: true });
    expect(context.trace?.spanId).not.toBe('b'.repeat(16));
    expect(context.trace?.parentSpanId).toBe('b'.repeat(16));
  });

  it.each([
    ['nginx', traceId.replace(/a$/, 'b')],
    ['the embedded gateway', '0123456789abcdef'.repeat(2)],
  ])('makes the root of a trace that %s began: it exports no span', (_, id) => {
    const { trace } = contextOf({ traceparent: `00-${id}-${id.slice(0, 16)}-01`, tracestate: '' });
    expect(trace).toEqual({ traceId: id, spanId: expect.stringMatching(/^[0-9a-f]{16}$/), isSampled: true });
    expect(trace?.spanId).not.toBe(id.slice(0, 16));
  });

  it('hands on baggage, but for what is not valid', () => {
    expect(contextOf({ baggage: 'tenant=7, user = ' }).baggage).toBe('tenant=7,user =');
    expect(contextOf({ baggage: ['a=1', 'no member', 'b=2;ttl=3'] }).baggage).toBe('a=1,b=2;ttl=3');
    expect(Object.keys(contextOf({ baggage: 'broken' }))).toEqual(['trace']);
  });

  it('starts a trace and adds nothing else where the headers say nothing valid', () => {
    const headers = {
      traceparent: [traceparent],
      'x-attempts-left': '-1',
      'x-request-priority': 'high',
      'x-explain': '0',
    };
    for (const given of [{}, headers]) expect(Object.keys(contextOf(given))).toEqual(['trace']);
  });

  it.each([
    ['', ''],
    ['"a"', '"a"'],
    [['"a"', '"b"'], '"a", "b"'],
  ])('takes the idempotency key %j as it came, so that a wrong one is refused and not ignored', (header, key) => {
    expect(contextOf({ 'idempotency-key': header }).idempotencyKey).toBe(key);
  });
});

describe('requestIdOf', () => {
  it('keeps a safe id', () => {
    expect(requestIdOf({ 'x-request-id': 'Ab-1._' })).toBe('Ab-1._');
  });

  it.each([undefined, '', 'a b', 'a\nb', 'é', 'a'.repeat(129)])('makes a new one instead of %j', (id) => {
    expect(requestIdOf({ 'x-request-id': id })).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });
});

describe('requestedTimeoutMs', () => {
  it.each([
    ['200', 200],
    ['0', 0],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    [undefined, undefined],
  ])('of %j is %j', (header, timeoutMs) => {
    expect(requestedTimeoutMs({ 'x-request-timeout-ms': header })).toBe(timeoutMs);
  });
});
