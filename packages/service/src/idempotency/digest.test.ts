import { describe, expect, it } from '@jest/globals';
import { post } from '@parley/contract';
import fc from 'fast-check';
import { fingerprintOf, keyDigest } from './digest.ts';

const operation = post('/things', { summary: 's', safety: 'keyed' });

describe('fingerprintOf', () => {
  it('is the same in whatever order the members came', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([member, one]) => [member, reversed(one)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(fingerprintOf(operation, reversed(value))).toBe(fingerprintOf(operation, value));
      }),
    );
  });

  it('is there for a bigint, which a path may hold', () => {
    expect(fingerprintOf(operation, { id: 5n })).not.toBe(fingerprintOf(operation, { id: 6n }));
  });

  it('is another one for everything else', () => {
    const inputs = [undefined, {}, [], '', { a: 1 }, { a: '1' }, { a: [1] }, { a: [1, 2] }, { a: [2, 1] }, { b: 1 }];
    const prints = inputs.map((input) => fingerprintOf(operation, input));
    prints.push(fingerprintOf(post('/others', { summary: 's', safety: 'keyed' }), {}));
    expect(new Set(prints).size).toBe(prints.length);
    expect(prints[0]).toMatch(/^[\w-]{43}$/);
  });
});

describe('keyDigest', () => {
  it('is another one for every caller, operation and key', () => {
    const other = post('/others', { summary: 's', safety: 'keyed' });
    const digests = [
      keyDigest('k', 'ada', operation),
      keyDigest('k', 'ben', operation),
      keyDigest('k', 'ada', other),
      keyDigest('l', 'ada', operation),
      keyDigest('"ada', 'k', operation),
    ];
    expect(new Set(digests).size).toBe(5);
    expect(keyDigest('k', 'ada', operation)).toBe(digests[0]);
  });
});
