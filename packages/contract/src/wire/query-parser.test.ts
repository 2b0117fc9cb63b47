import { parse } from 'node:querystring';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyText } from '../../test-fixtures/any-text.ts';
import { queryParser } from './query-parser.ts';

const parseQuery = queryParser({ maxParameters: 256 });

describe('parseQuery', () => {
  it('reads a flat query', () => {
    expect({ ...parseQuery('a=1&b=x+y%20z&c=%C3%A9&d&a=2') }).toEqual({ a: ['1', '2'], b: 'x y z', c: 'é', d: '' });
    expect(parseQuery(undefined)).toEqual({});
  });

  it('takes __proto__ for a name', () => {
    const query = parseQuery('__proto__=x&constructor=y&a[__proto__][z]=1');
    expect(Object.keys(query)).toEqual(['__proto__', 'constructor', 'a[__proto__][z]']);
    expect({}).not.toHaveProperty('z');
  });

  it.each(['a=%', 'a=%f', 'a=%zz', '%=1', 'a=%FF', 'a=%C3', 'a=%ED%A0%80', 'a=%C0%AF'])('refuses %s', (text) => {
    expect(() => parseQuery(text)).toThrow('Query is not valid percent-encoding');
  });

  it('reads as many parameters as it may, and refuses more with the number that it may', () => {
    const many = (count: number, one: (n: number) => string) =>
      Array.from({ length: count }, (_, n) => one(n)).join('&');
    for (const one of [(n: number) => `p${n}=1`, (n: number) => `p${n}=%20`]) {
      expect(Object.keys(queryParser({ maxParameters: 1500 })(many(1500, one)))).toHaveLength(1500);
    }
    expect(parseQuery(many(256, () => 'a')).a).toHaveLength(256);
    for (const one of ['a', 'a=+', '%61=1', '']) {
      expect(() => parseQuery(many(257, () => one))).toThrow(
        '[invalid_input] Query has more than 256 parameters, the limit of this service (maxQueryParameters)',
      );
    }
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('cannot be limited to %d parameters', (maxParameters) => {
    expect(() => queryParser({ maxParameters })).toThrow(
      `maxQueryParameters must be a whole number from 1, not ${maxParameters}`,
    );
  });

  it('gives back what URLSearchParams writes', () => {
    const text = anyText().filter((one) => one.isWellFormed());
    fc.assert(
      fc.property(fc.dictionary(text.filter(Boolean), text), (members) => {
        const query = Object.entries(parseQuery(new URLSearchParams(Object.entries(members)).toString()));
        expect(query).toEqual(Object.entries(members));
      }),
    );
  });

  it('reads what is not encoded as Node does', () => {
    const unit = fc.constantFrom('a', 'b', '=', '&', '[', '_', 'é');
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(parseQuery(text)).toEqual({ ...parse(text) });
      }),
    );
  });
});
