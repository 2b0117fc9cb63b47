import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chooseCoding } from './content-coding.ts';

describe('chooseCoding', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZIP;Q=0.5', 'gzip'],
    ['deflate', undefined],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, zstd;q=0, gzip', 'gzip'],
    ['br ; q=0.9 , zstd; q=0.1', 'br'],
    ['*', 'zstd'],
    ['*;q=0', undefined],
    ['*;q=0.5, zstd;q=0', 'br'],
    ['gzip, *;q=0', 'gzip'],
    ['identity', undefined],
    ['identity, gzip', 'gzip'],
    ['identity, gzip;q=0.5', undefined],
    ['identity;q=0', undefined],
    ['identity;q=0, gzip;q=0.001', 'gzip'],
    ['gzip;q=2', undefined],
    ['gzip;q=', undefined],
    [';q=1,,', undefined],
  ])('takes %j for %j', (accepted, coding) => {
    expect(chooseCoding(accepted)).toBe(coding);
  });

  it('never takes a refused coding, and always the best, in any order', () => {
    const quality = fc.integer({ min: 0, max: 1000 });
    const wish = fc.record({ zstd: quality, br: quality, gzip: quality, identity: quality, deflate: quality });
    fc.assert(
      fc.property(wish, fc.boolean(), (wished, isReversed) => {
        const elements = Object.entries(wished).map(([name, q]) => `${name};q=${(q / 1000).toFixed(3)}`);
        const coding = chooseCoding((isReversed ? elements.toReversed() : elements).join(', '));
        const best = Math.max(wished.zstd, wished.br, wished.gzip);
        if (best === 0 || best < wished.identity) expect(coding).toBeUndefined();
        else expect(coding && wished[coding]).toBe(best);
      }),
    );
  });

  it('reads anything', () => {
    fc.assert(fc.property(fc.string(), (text) => void chooseCoding(text)));
  });
});
