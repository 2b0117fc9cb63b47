import { describe, expect, it } from '@jest/globals';
import { contentRange } from './content-range.ts';

describe('Content-Range', () => {
  it.each([
    ['bytes 0-4/10', { start: 0, end: 4, total: 10 }],
    ['bytes 0-4/*', { start: 0, end: 4, total: undefined }],
    ['bytes 0-0/1', { start: 0, end: 0, total: 1 }],
  ])('reads %s', (field, range) => {
    expect(contentRange(field)).toEqual(range);
  });

  it.each([
    'bytes 4-3/10',
    'bytes 4-10/10',
    'bytes 0-4/0',
    'bytes */10',
    'bytes 0-/10',
    'bytes=0-4/10',
    'lines 0-4/10',
    'bytes -1-4/10',
    'bytes 0-4/10, bytes 5-9/10',
    'bytes 0-4/99999999999999999999',
    '',
  ])('does not believe %j', (field) => {
    expect(contentRange(field)).toBeUndefined();
  });

  it('believes none of several lines, and no absent one', () => {
    expect(contentRange(['bytes 0-4/10', 'bytes 0-4/10'])).toBeUndefined();
    expect(contentRange(undefined)).toBeUndefined();
  });
});
