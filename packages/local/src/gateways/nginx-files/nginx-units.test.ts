import { describe, expect, it } from '@jest/globals';
import { bytesOf, msOf } from './nginx-units.ts';

describe('units of nginx', () => {
  it.each([
    ['200ms', 200],
    ['12s', 12_000],
    ['65', 65_000],
    ['1m30s', 90_000],
    ['1.5s', 1_500],
    ['1d', 86_400_000],
    ['soon', undefined],
    ['', undefined],
  ])('read the duration %s', (text, ms) => expect(msOf(text)).toBe(ms));

  it.each([
    ['16k', 16_384],
    ['1m', 1_048_576],
    ['1024', 1024],
    ['1 k', undefined],
  ])('read the size %s', (text, bytes) => expect(bytesOf(text)).toBe(bytes));
});
