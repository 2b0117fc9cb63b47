import { describe, expect, it } from '@jest/globals';
import { askedRange, isRangeCurrent } from './range.ts';

describe('askedRange', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=2-', { start: 2, end: 9 }],
    ['bytes=2-99', { start: 2, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes = 1-2', { start: 1, end: 2 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
  ])('%s of ten bytes is %j', (header, range) => {
    expect(askedRange(header, 10)).toEqual(range);
  });

  it.each([
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=3-2',
    'bytes=0-1,4-5',
    'lines=1-2',
    'bytes=a-b',
    `bytes=${'9'.repeat(40)}-`,
  ])('%s counts as absent', (header) => {
    expect(askedRange(header, 10)).toBeUndefined();
  });

  it('has nothing to give of an empty content', () => {
    expect(askedRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(askedRange('bytes=-1', 0)).toBe('unsatisfiable');
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
