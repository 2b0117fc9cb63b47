import { describe, expect, it } from '@jest/globals';
import { currentContext, get, post, runInContext } from '@parley/contract';
import { requestOf } from './request-of.ts';

const order = post('/orders', { summary: 's', safety: 'keyed' });
const look = get('/orders', { summary: 's' });
const keyOf = ({ headers }: ReturnType<typeof requestOf>) => headers['idempotency-key'];

describe('requestOf', () => {
  it('gives each call of a keyed operation a key of its own', () => {
    const [one, other] = [keyOf(requestOf(order, {})), keyOf(requestOf(order, {}))];
    expect(one).toMatch(/^"[0-9a-f-]{36}"$/);
    expect(other).not.toBe(one);
    expect(requestOf(look, {}).headers).not.toHaveProperty('idempotency-key');
  });

  it("takes its caller's key", () => {
    expect(keyOf(requestOf(order, {}, { idempotencyKey: 'order-7' }))).toBe('"order-7"');
  });

  it('never takes the key of the request that is being served', () => {
    const keys = runInContext({ idempotencyKey: 'theirs' }, () => [
      keyOf(requestOf(order, {})),
      keyOf(requestOf(order, {}, { timeoutMs: 5 })),
      keyOf(requestOf(order, {}, currentContext())), // a handler that hands on its context
    ]);
    for (const key of keys) expect(key).toMatch(/^"[0-9a-f-]{36}"$/);
  });

  it('hands on what the call says of its attempts', () => {
    const { maxAttempts, hedge, context } = requestOf(look, {}, { maxAttempts: 2, hedge: true, priority: 'critical' });
    expect({ maxAttempts, hedge, context }).toEqual({ maxAttempts: 2, hedge: true, context: { priority: 'critical' } });
  });

  it("tells of a call's priority", () => {
    expect(requestOf(look, {}, { priority: 'critical' }).headers['x-request-priority']).toBe('critical');
    const served = { priority: 'background' as const };
    expect(runInContext(served, () => requestOf(look, {})).headers['x-request-priority']).toBe('background');
  });

  it('takes an option that is undefined for none: what is inherited holds', () => {
    const served = { priority: 'background' as const, requestId: 'r', deadlineMs: 5 };
    const none = { priority: undefined, requestId: undefined, deadlineMs: undefined } as object;
    expect({ ...runInContext(served, () => requestOf(look, {}, none)).context }).toEqual(served);
  });

  it('refuses what is not for the operation', () => {
    expect(() => requestOf(post('/x', { summary: 's' }), {}, { maxAttempts: 2 })).toThrow(TypeError);
  });
});
