import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cacheGroups } from './cache-groups.ts';

describe('cacheGroups', () => {
  it.each([
    ['"a"', ['a']],
    ['"a", "b c" ,"d,e"', ['a', 'b c', 'd,e']],
    ['"a \\"b\\" \\\\"', ['a "b" \\']],
    ['"a";x=1, "b";y', ['a', 'b']],
    ['', []],
    [undefined, []],
  ])('reads %j', (field, groups) => {
    expect(cacheGroups(field)).toEqual(groups);
  });

  it.each(['a', 'a, b', '"a", b', '"a",', '"a" "b"', '"a', '"ä"', '"\\a"', '("a")', '1'])(
    'ignores %j, which is no list of strings',
    (field) => {
      expect(cacheGroups(field)).toEqual([]);
    },
  );

  it('takes several lines for one list, and at most 64 groups', () => {
    expect(cacheGroups(['"a"', '"b"'])).toEqual(['a', 'b']);
    expect(cacheGroups(Array<string>(100).fill('"a"'))).toHaveLength(64);
  });

  it('reads back every list of strings', () => {
    const group = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(fc.array(group, { maxLength: 64 }), (groups) => {
        const field = groups.map((one) => `"${one.replace(/["\\]/g, '\\$&')}"`).join(', ');
        expect(cacheGroups(field)).toEqual(groups);
      }),
    );
  });

  it('reads any text without an error', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(Array.isArray(cacheGroups(text))).toBe(true)));
  });
});
