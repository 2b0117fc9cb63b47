import { describe, expect, it } from '@jest/globals';
import { defineContract } from '../contract.ts';
import { del, get, patch, post, put, type Safety } from './operation.ts';

const summary = 'Does something';

describe('a keyed operation', () => {
  it('is a POST or a PATCH', () => {
    const keyed = { summary, safety: 'keyed' } as const;
    expect(() => defineContract('things', { one: post('/x', keyed), other: patch('/x', keyed) })).not.toThrow();
  });

  it.each([
    ['GET', get, 'safe'],
    ['PUT', put, 'idempotent'],
    ['DELETE', del, 'idempotent'],
  ] as const)('is no %s', (method, declare, instead) => {
    const untyped = declare as (path: string, options: { summary: string; safety: string }) => ReturnType<typeof get>;
    expect(() => defineContract('things', { one: untyped('/x', { summary, safety: 'keyed' }) })).toThrow(
      new TypeError(
        `contract things: one is a keyed ${method}: an Idempotency-Key is for POST and PATCH. A ${method} can be sent twice by itself, as ${instead}: leave safety out`,
      ),
    );
  });
});

describe('the safety of an operation', () => {
  it('is one that there is', () => {
    const one = post('/x', { summary, safety: 'sometimes' as Safety });
    expect(() => defineContract('things', { one })).toThrow(
      'one has safety "sometimes": use one of safe, idempotent, keyed, unsafe',
    );
  });
});
