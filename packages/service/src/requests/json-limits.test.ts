import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exceededLimit } from './json-limits.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function valuesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, one) => sum + 1 + valuesOf(one), 0);
}

const unlimited = { maxDepth: Number.POSITIVE_INFINITY, maxValues: Number.POSITIVE_INFINITY };
const exceeds = (json: string, limits: object) => exceededLimit(Buffer.from(json), { ...unlimited, ...limits });

describe('exceededLimit', () => {
  it('counts what is nested, not what is in a string', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 0, max: 6 }), (json, maxDepth) => {
        expect(exceeds(json, { maxDepth })).toBe(depthOf(JSON.parse(json)) > maxDepth ? 'maxDepth' : undefined);
      }),
    );
    for (const [json, depth] of [
      ['{"[[[":"\\"{{{","b":[1]}', 2],
      ['["\\\\",[]]', 2],
      ['[[],[],[]]', 2],
    ] as const) {
      expect(exceeds(json, { maxDepth: depth - 1 })).toBe('maxDepth');
      expect(exceeds(json, { maxDepth: depth })).toBeUndefined();
    }
  });

  it('counts members and elements, however they are spaced, and none in a string', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\t'), fc.nat(20), (value, space, maxValues) => {
        const tooMany = valuesOf(JSON.parse(JSON.stringify(value))) > maxValues;
        expect(exceeds(JSON.stringify(value, null, space), { maxValues })).toBe(tooMany ? 'maxValues' : undefined);
      }),
    );
    expect(exceeds('{"a,[1,2,3]":",,,"}', { maxValues: 1 })).toBeUndefined();
    expect(exceeds('[[ \r\n\t], { }]', { maxValues: 2 })).toBeUndefined();
    expect(exceeds('{"a":1,"a":2}', { maxValues: 1 })).toBe('maxValues');
  });

  it('reads whatever there is', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect([undefined, 'maxDepth', 'maxValues']).toContain(
          exceededLimit(Buffer.from(bytes), { maxDepth: 3, maxValues: 3 }),
        );
      }),
    );
  });
});
