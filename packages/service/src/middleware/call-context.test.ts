import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type CallContext, currentContext, now } from '@parley/contract';
import type { Request, Response } from 'express';
import { capturedLog } from '../testing/captured-log.ts';
import { callContext } from './call-context.ts';

const { logger } = capturedLog('own');

class FakeResponse extends EventEmitter {
  headers: Record<string, string> = {};
  writableFinished = false;
  setHeader(name: string, value: string) {
    this.headers[name] = value;
  }
}

function contextOf(headers: Record<string, string>, requestTimeoutMs = 10_000) {
  const res = new FakeResponse();
  const req = { headers };
  let context: CallContext = {};
  callContext({ requestTimeoutMs, logger })(req as unknown as Request, res as unknown as Response, () => {
    context = currentContext();
  });
  return { context, res };
}

const codeOf = (signal: AbortSignal | undefined) => signal?.reason?.code;

describe('call-context', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('keeps a safe request id and says it back', () => {
    const { context, res } = contextOf({ 'x-request-id': 'Ab-1._' });
    expect(context.requestId).toBe('Ab-1._');
    expect(res.headers).toEqual({ 'x-request-id': 'Ab-1._' });
  });

  it.each(['', 'a b', 'a\nb', 'é', 'a'.repeat(129)])('makes a new id instead of %j', (id) => {
    const { context, res } = contextOf({ 'x-request-id': id });
    expect(context.requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(res.headers['x-request-id']).toBe(context.requestId);
  });

  it('continues the caller’s trace with a span of its own', () => {
    const traceId = 'a'.repeat(32);
    const { context } = contextOf({ traceparent: `00-${traceId}-${'b'.repeat(16)}-01`, tracestate: 'x=y' });
    expect(context.trace).toMatchObject({ traceId, isSampled: true, state: 'x=y' });
    expect(context.trace?.spanId).not.toBe('b'.repeat(16));
  });

  it('starts a trace where there is none', () => {
    expect(contextOf({}).context.trace?.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([
    [undefined, 500],
    ['200', 200],
    ['9999999999', 500],
    ['12345678901', 500],
    ['-1', 500],
    ['1.5', 500],
    ['1'.repeat(400), 500],
    ['soon', 500],
  ])('with a caller who waits %j ms gives %d ms', (asked, given) => {
    const { context } = contextOf(asked === undefined ? {} : { 'x-request-timeout-ms': asked }, 500);
    const remainingMs = (context.deadlineMs ?? 0) - now();
    expect(remainingMs).toBeLessThanOrEqual(given);
    expect(remainingMs).toBeGreaterThan(given - 100);
  });

  it('takes over how many attempts its caller has left, and how much the request matters', () => {
    const { context } = contextOf({ 'x-attempts-left': '2', 'x-request-priority': 'background' });
    expect(context.attemptsLeft?.count).toBe(2);
    expect(context.priority).toBe('background');
  });

  it.each(['', '-1', '1.5', 'many', '100'])('has no limit of attempts where its caller says %j', (left) => {
    expect(contextOf({ 'x-attempts-left': left, 'x-request-priority': 'high' }).context).not.toHaveProperty(
      'attemptsLeft',
    );
  });

  it('fires the signal when the deadline passes', () => {
    const { context } = contextOf({}, 500);
    jest.advanceTimersByTime(499);
    expect(context.signal?.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(codeOf(context.signal)).toBe('deadline_exceeded');
  });

  it('fires the signal at once where no time is left', () => {
    expect(codeOf(contextOf({ 'x-request-timeout-ms': '0' }).context.signal)).toBe('deadline_exceeded');
  });

  it('reads every signal by one getter, which a copy of the context need not have', () => {
    const getterOf = (context: CallContext) => Object.getOwnPropertyDescriptor(context, 'signal')?.get;
    const [one, other] = [contextOf({}).context, contextOf({}).context];
    expect(getterOf(one)).toBeDefined();
    expect(getterOf(one)).toBe(getterOf(other));
    expect(one.signal).not.toBe(other.signal);
    expect({ ...one }.signal).toBe(one.signal);
  });

  it.each(['value', 'get', 'set', 'writable'])('is made whatever Object.prototype has as %s', (name) => {
    const prototype = Object.prototype as Record<string, unknown>;
    Object.defineProperty(prototype, name, { value: 1, configurable: true, writable: true, __proto__: null } as object);
    try {
      expect(contextOf({}).context.signal?.aborted).toBe(false);
    } finally {
      delete prototype[name];
    }
  });

  it('fires the signal when the client hangs up, and clears its timer', () => {
    const { context, res } = contextOf({});
    res.emit('close');
    expect(codeOf(context.signal)).toBe('cancelled');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves nothing behind a finished response, and fires nothing', () => {
    const { context, res } = contextOf({});
    res.writableFinished = true;
    res.emit('close');
    expect(context.signal?.aborted).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([0, -1, Number.NaN, 2 ** 31])('refuses the timeout %d', (requestTimeoutMs) => {
    expect(() => callContext({ requestTimeoutMs, logger })).toThrow(/requestTimeoutMs must be/);
  });
});
