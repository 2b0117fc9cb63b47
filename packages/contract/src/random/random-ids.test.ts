import { describe, expect, it } from '@jest/globals';
import { randomHex, randomUuid } from './random-ids.ts';

describe('randomHex', () => {
  it.each([8, 16])('gives %d bytes as hex digits, another id each time', (bytes) => {
    const ids = Array.from({ length: 10_000 }, () => randomHex(bytes));
    expect(ids.filter((id) => !/^[0-9a-f]+$/.test(id) || id.length !== 2 * bytes)).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('uses every value of a byte', () => {
    const seen = new Set(Array.from({ length: 10_000 }, () => randomHex(8)).flatMap((id) => id.match(/../g) ?? []));
    expect(seen.size).toBe(256);
  });
});

describe('randomUuid', () => {
  it('gives a UUID of version 4, another one each time', () => {
    const ids = Array.from({ length: 10_000 }, () => randomUuid());
    const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(ids.filter((id) => !pattern.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids.map((id) => id[19])).size).toBe(4);
  });
});
