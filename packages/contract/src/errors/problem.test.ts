import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { CallError, isCallError } from './call-error.ts';
import { defineError } from './defined-error.ts';
import { type ErrorCode, errorCodes } from './error-codes.ts';
import { errorTitles } from './error-titles.ts';
import { errorOfReply, problemOf, reservedMembers } from './problem.ts';

const outOfStock = defineError('out_of_stock', {
  status: 409,
  title: 'Out of stock',
  data: z.object({ left: z.number() }),
});

describe('problem', () => {
  it('carries every code of the table over the wire', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const problem = problemOf(new CallError(code, 'because'), undefined, 'r1');
      expect(problem).toMatchObject({
        type: `urn:parley:problem:${code}`,
        title: errorTitles[code],
        requestId: 'r1',
      });
      expect(errorOfReply(problem.status, problem, {})).toMatchObject({
        code,
        detail: 'because',
        status: errorCodes[code].status,
      });
    }
  });

  it("carries a contract's own error with its data", () => {
    const problem = problemOf(outOfStock('two were asked for', { left: 1 }), outOfStock.title, undefined);
    expect(problem).toEqual({
      type: 'urn:parley:problem:out_of_stock',
      title: 'Out of stock',
      status: 409,
      detail: 'two were asked for',
      left: 1,
    });
    const error = errorOfReply(409, JSON.parse(JSON.stringify(problem)), {});
    expect(outOfStock.is(error) && error.data?.left).toBe(1);
  });

  it('bounds every text of the other side that ends in a message or a log', () => {
    const huge = 'x'.repeat(9_000_000);
    const problem = { type: 'urn:parley:problem:out_of_stock', title: huge, status: 409, detail: huge, instance: huge };
    const error = errorOfReply(409, { ...problem, errors: [{ path: huge, message: huge }], extra: huge }, {});
    expect(error.detail).toBe(`${'x'.repeat(999)}…`);
    expect(error.code).toBe('out_of_stock');
    expect(error.message.length).toBeLessThan(1100);
    expect(error.stack?.length).toBeLessThan(5000);
    expect(JSON.stringify(error).length).toBeLessThan(3000);
    const again = new CallError(error.code, error.detail, { ...error });
    expect(again.detail).toBe(error.detail);
  });

  it.each([
    `urn:parley:problem:${'x'.repeat(9_000_000)}`,
    `urn:parley:problem:${'x'.repeat(65)}`,
    'urn:parley:problem:',
    'urn:parley:problem:not_found\nfaked line',
    'urn:parley:problem:Not-Found',
  ])('takes the code of the status where the type has none', (type) => {
    expect(errorOfReply(404, { type, detail: 'no' }, {})).toMatchObject({ code: 'not_found', detail: 'no' });
  });

  it('shows nothing internal', () => {
    const error = new CallError('unavailable', 'gone', {
      endpoint: 'http://10.0.0.7',
      cause: new Error('secret'),
      operation: 'GET /x',
    });
    expect(JSON.stringify(problemOf(error, undefined, undefined))).not.toMatch(/10\.0|secret|stack/);
  });

  it.each([
    [400, 'rejected'],
    [401, 'unauthenticated'],
    [404, 'not_found'],
    [418, 'rejected'],
    [429, 'rate_limited'],
    [500, 'internal'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
    [599, 'internal'],
  ])('understands a %d that is no problem as %s', (status, code) => {
    expect(errorOfReply(status, undefined, {})).toMatchObject({ code, status });
  });

  it('makes an error of whatever a server answers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.anything(), (status, body) => {
        expect(errorOfReply(status, body, {})).toBeInstanceOf(CallError);
      }),
    );
  });
});

describe('defineError', () => {
  it('tells its own errors from others', () => {
    expect(outOfStock.is(outOfStock('none', { left: 0 }))).toBe(true);
    expect(outOfStock.is(new CallError('internal', 'x'))).toBe(false);
    expect(outOfStock.is(new Error('out_of_stock'))).toBe(false);
  });

  it.each([
    ['internal', 409, 'taken'],
    ['OutOfStock', 409, 'snake_case'],
    ['out_of_stock', 200, '400 to 599'],
  ])('refuses the code %s with status %d', (code, status, sentence) => {
    expect(() => defineError(code, { status, title: 't' })).toThrow(sentence);
  });

  it.each([...reservedMembers])('refuses data with the member %s, which every problem has', (member) => {
    const error = defineError('x', { status: 400, title: 't', data: z.record(z.string(), z.string()) });
    expect(() => error('because', { [member]: 'mine' })).toThrow(member);
  });
});

describe('CallError', () => {
  it('names code and operation in front', () => {
    expect(new CallError('not_found', 'no such path', { operation: 'GET /x' }).message).toBe(
      '[not_found] GET /x: no such path',
    );
  });

  it('is final for what a contract declares, and transient as the table says', () => {
    expect(outOfStock('none', { left: 0 }).isTransient).toBe(false);
    expect(new CallError('unavailable', 'x')).toMatchObject({ isTransient: true, blamesEndpoint: true });
    expect(new CallError('upstream_unavailable', 'x')).toMatchObject({ isTransient: false, blamesEndpoint: false });
    expect(new CallError('rejected', 'x', { isUnprocessed: true }).isTransient).toBe(true);
  });

  it.each(['deadline_exceeded', 'cancelled'])('is final where it is %s, though nothing was sent', (code) => {
    expect(new CallError(code, 'x', { isUnprocessed: true }).isTransient).toBe(false);
  });

  it('is found by code', () => {
    const error: unknown = new CallError('conflict', 'x');
    expect([
      isCallError(error),
      isCallError(error, 'conflict'),
      isCallError(error, 'internal'),
      isCallError(new Error()),
    ]).toEqual([true, true, false, false]);
  });
});
