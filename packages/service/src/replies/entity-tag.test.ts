import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isRangeCurrent, markTag, unmarkTags } from './entity-tag.ts';

describe('entity tags', () => {
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

describe('If-Range', () => {
  it('lets a range count for this very version only', () => {
    expect(isRangeCurrent(undefined, undefined)).toBe(true);
    expect(isRangeCurrent('"v1"', '"v1"')).toBe(true);
    for (const other of ['"v2"', 'W/"v1"', '*', 'Sat, 29 Nov 2025 10:00:00 GMT']) {
      expect([other, isRangeCurrent(other, '"v1"')]).toEqual([other, false]);
    }
    expect(isRangeCurrent('"v1"', undefined)).toBe(false);
    expect(isRangeCurrent('W/"v1"', 'W/"v1"')).toBe(false);
  });
});
