import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { subset } from './subset.ts';

const address = (origin: string) => ({ origin, weight: 1 });
const origins = fc.uniqueArray(fc.webAuthority(), { minLength: 1, maxLength: 60 });
const sizes = fc.integer({ min: 2, max: 20 });
const chosen = (all: readonly string[], subsetSize: number, clientId: string) =>
  subset(all.map(address), { subsetSize, clientId }).map(({ origin }) => origin);

describe('subset', () => {
  it('is all where there are no more than that', () => {
    const all = ['a', 'b', 'c'].map(address);
    expect(subset(all, { subsetSize: 3, clientId: 'x' })).toBe(all);
    expect(subset(all, { subsetSize: Number.POSITIVE_INFINITY, clientId: 'x' })).toBe(all);
  });

  it('has the size that was asked for, and is the same in whatever order the addresses come', () => {
    const property = fc.property(origins, sizes, fc.string({ minLength: 1 }), (all, size, clientId) => {
      const some = chosen(all, size, clientId);
      expect(some).toHaveLength(Math.min(size, all.length));
      expect(new Set(chosen(all.toReversed(), size, clientId))).toEqual(new Set(some));
    });
    fc.assert(property);
  });

  it('changes by one at most when one is added or removed', () => {
    const property = fc.property(origins, sizes, fc.nat(), (all, size, at) => {
      const before = chosen(all, size, 'client');
      const after = chosen(all.toSpliced(at % all.length, 1), size, 'client');
      expect(before.filter((one) => !after.includes(one)).length).toBeLessThanOrEqual(1);
      expect(after.filter((one) => !before.includes(one)).length).toBeLessThanOrEqual(1);
    });
    fc.assert(property);
  });

  it('gives each endpoint about as many clients', () => {
    const all = Array.from({ length: 50 }, (_, index) => `http://10.0.0.${index}:3000`);
    const clients = new Map<string, number>();
    for (let client = 0; client < 500; client++) {
      for (const one of chosen(all, 10, `host-${client}`)) clients.set(one, (clients.get(one) ?? 0) + 1);
    }
    for (const one of all) {
      expect(clients.get(one)).toBeGreaterThan(60); // 100 on average
      expect(clients.get(one)).toBeLessThan(140);
    }
  });
});
