import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { byteRange } from './byte-range.ts';

describe('byteRange', () => {
  it.each<[string, number, number]>([
    ['bytes=0-1', 0, 1],
    ['bytes=1-', 1, 10],
    ['bytes=-1', 10, 10],
    ['bytes=0-999', 0, 10],
    ['bytes=-999', 0, 10],
  ])('reads %s of 11 bytes', (field, start, end) => {
    expect(byteRange(field, 11)).toEqual({ start, end });
  });

  it.each([
    'bytes=11-',
    'bytes=2-1',
    'bytes=-0',
    'bytes=-',
    'bytes=0-1,3-4',
    'lines=0-1',
    'bytes 0-1',
    '',
    'bytes=a-b',
  ])('leaves %j to the service', (field) => {
    expect(byteRange(field, 11)).toBeUndefined();
  });

  it('never leaves the body', () => {
    const end = fc.option(fc.nat(30), { nil: '' as const });
    fc.assert(
      fc.property(end, end, fc.nat(20), (first, last, length) => {
        const range = byteRange(`bytes=${first}-${last}`, length);
        if (range) expect(0 <= range.start && range.start <= range.end && range.end < length).toBe(true);
      }),
    );
  });
});
