import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { askedRange, isSingleRange } from './byte-range.ts';

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
    'bytes=1 0-20',
    'bytes=1 - 2',
    'bytes=0-1,4-5',
    'lines=1-2',
    'bytes=a-b',
    `bytes=${'9'.repeat(40)}-`,
  ])('%s counts as absent', (header) => {
    expect(askedRange(header, 10)).toBeUndefined();
  });

  it('never leaves the content', () => {
    const end = fc.option(fc.nat(30), { nil: '' as const });
    fc.assert(
      fc.property(end, end, fc.nat(20), (first, last, size) => {
        const range = askedRange(`bytes=${first}-${last}`, size);
        if (typeof range !== 'object') return;
        expect(0 <= range.start && range.start <= range.end && range.end < size).toBe(true);
      }),
    );
  });

  it('has nothing to give of an empty content', () => {
    expect(askedRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(askedRange('bytes=-1', 0)).toBe('unsatisfiable');
  });
});

describe('isSingleRange', () => {
  it.each(['bytes=0-1', 'bytes=5-', 'bytes=-5', ' bytes=0-1 '])('takes %j', (header) => {
    expect(isSingleRange(header)).toBe(true);
  });

  it.each(['bytes=0-1,3-4', 'bytes=-', 'lines=0-1', 'bytes 0-1', ''])('takes no %j', (header) => {
    expect(isSingleRange(header)).toBe(false);
  });
});
