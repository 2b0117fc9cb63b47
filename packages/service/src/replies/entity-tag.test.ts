import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { markTag, namesTag, unmarkTags } from './entity-tag.ts';

describe('entity tags', () => {
  it.each([
    ['"v1"', '"v1"', true, true],
    ['W/"v1"', '"v1"', true, false],
    ['"v1"', 'W/"v1"', true, false],
    ['W/"v1"', 'W/"v1"', true, false],
    ['"v2"', '"v1"', false, false],
    ['"a", W/"b" ,"v1"', '"v1"', true, true],
    ['"a,b"', '"a,b"', true, true],
    ['"a,"v1",b"', '"b"', false, false],
    [' * ', '"v1"', true, true],
    ['"*"', '"v1"', false, false],
    ['v1', '"v1"', false, false],
    ['', '"v1"', false, false],
  ])('compares %s with %s: weakly %j, strongly %j', (condition, tag, isWeakMatch, isStrongMatch) => {
    expect([namesTag(condition, tag, 'weak'), namesTag(condition, tag, 'strong')]).toEqual([
      isWeakMatch,
      isStrongMatch,
    ]);
  });

  it('marks strong tags with their encoding, once, and takes the mark off again', () => {
    expect([markTag('"v1"', 'br'), markTag('W/"v1"', 'br'), markTag('"v1--br"', 'br')]).toEqual([
      '"v1--br"',
      'W/"v1"',
      '"v1--br"',
    ]);
    expect(unmarkTags('"v1--br", W/"v2--zstd", "v3"')).toBe('"v1", W/"v2", "v3"');
    const opaque = fc.stringMatching(/^[!#-~]{0,20}$/).filter((text) => !/--(br|gzip|deflate|zstd)$/.test(text));
    fc.assert(
      fc.property(opaque, fc.constantFrom('br', 'gzip', 'zstd'), (text, coding) => {
        expect(unmarkTags(markTag(`"${text}"`, coding))).toBe(`"${text}"`);
      }),
    );
  });
});
