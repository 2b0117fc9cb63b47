import { describe, expect, it } from '@jest/globals';
import { shownValue } from './shown-option.ts';

describe('shownValue', () => {
  it.each([
    [5, 5],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [false, false],
    ['adaptive', 'adaptive'],
    ['http://user:s3cret@keys/?token=s3cret', 'http://…'],
    ['/healthz?token=s3cret', '/healthz?…'],
    [undefined, 'not set'],
    [() => 's3cret', 'set'],
    [{ key: 's3cret' }, 'set'],
    [['s3cret'], 'set'],
  ])('of %p is %p', (value, shown) => {
    expect(shownValue(value)).toBe(shown);
  });
});
