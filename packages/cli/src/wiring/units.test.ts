import { describe, expect, it } from '@jest/globals';
import { bytesOf, msOf, shownBytes, shownMs } from './units.ts';

describe('units', () => {
  it.each([
    ['200ms', 200],
    ['12s', 12_000],
    ['65', 65_000],
    ['1m30s', 90_000],
    ['1.5s', 1_500],
    ['soon', undefined],
    ['', undefined],
  ])('read the duration %s', (text, ms) => expect(msOf(text)).toBe(ms));

  it.each([
    ['16k', 16_384],
    ['1m', 1_048_576],
    ['1024', 1024],
    ['1 k', undefined],
  ])('read the size %s', (text, bytes) => expect(bytesOf(text)).toBe(bytes));

  it('are shown as people write them', () => {
    expect([200, 1_500, 12_000, 1_234].map(shownMs)).toEqual(['200 ms', '1.5 s', '12 s', '1234 ms']);
    expect([512, 16_384, 1_536, 1_048_576].map(shownBytes)).toEqual(['512 bytes', '16 KiB', '1.5 KiB', '1 MiB']);
  });
});
