import { describe, expect, it } from '@jest/globals';
import { isUnchanged } from './conditions.ts';

const storedMs = Date.UTC(2026, 10, 29, 12);
const [earlier, at, later] = [-10_000, 0, 10_000].map((ms) => new Date(storedMs + ms).toUTCString());

describe('isUnchanged', () => {
  it.each<[string | undefined, string | undefined, string | undefined, string | undefined, boolean]>([
    ['"a"', undefined, '"a"', undefined, true],
    ['W/"a"', undefined, '"a"', undefined, true],
    ['"a"', undefined, 'W/"a"', undefined, true],
    ['"x", "a, b" , "c"', undefined, '"a, b"', undefined, true],
    ['*', undefined, undefined, undefined, true],
    ['"b"', undefined, '"a"', undefined, false],
    ['"a"', undefined, undefined, undefined, false],
    ['a', undefined, '"a"', undefined, false],
    [undefined, at, undefined, at, true],
    [undefined, later, undefined, at, true],
    [undefined, earlier, undefined, at, false],
    [undefined, at, undefined, undefined, true],
    [undefined, 'yesterday', undefined, at, false],
    // The tag counts, not the date (RFC 9110 §13.2.2).
    ['"b"', later, '"a"', at, false],
    ['"a"', earlier, '"a"', at, true],
    [undefined, undefined, '"a"', at, false],
  ])(
    'If-None-Match %s, If-Modified-Since %s for %s of %s: %s',
    (ifNoneMatch, ifModifiedSince, etag, lastModified, is) => {
      expect(isUnchanged({ ifNoneMatch, ifModifiedSince }, { etag, lastModified }, storedMs)).toBe(is);
    },
  );
});
