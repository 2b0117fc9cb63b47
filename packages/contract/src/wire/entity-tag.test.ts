import { describe, expect, it } from '@jest/globals';
import { namesTag } from './entity-tag.ts';

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
});
