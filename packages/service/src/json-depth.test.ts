import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDeeperThan } from './json-depth.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('isDeeperThan', () => {
  it('counts what is nested, not what is in a string', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 0, max: 6 }), (json, deepest) => {
        expect(isDeeperThan(Buffer.from(json), deepest)).toBe(depthOf(JSON.parse(json)) > deepest);
      }),
    );
    for (const [json, depth] of [
      ['{"[[[":"\\"{{{","b":[1]}', 2],
      ['["\\\\",[]]', 2],
      ['[[],[],[]]', 2],
    ] as const) {
      expect([isDeeperThan(Buffer.from(json), depth - 1), isDeeperThan(Buffer.from(json), depth)]).toEqual([
        true,
        false,
      ]);
    }
  });

  it('reads whatever there is', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof isDeeperThan(Buffer.from(bytes), 3) === 'boolean'));
  });
});
