import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { retryAfterMs } from './retry-after.ts';

describe('retryAfterMs', () => {
  it('reads seconds', () => {
    const property = fc.property(fc.nat({ max: 999_999_999 }), (seconds) => {
      expect(retryAfterMs(` ${seconds} `)).toBe(seconds * 1000);
    });
    fc.assert(property);
  });

  it('reads an HTTP date, as the time until then', () => {
    const property = fc.property(fc.integer({ min: -100_000, max: 1_000_000 }), (seconds) => {
      const ms = retryAfterMs(new Date(Date.now() + seconds * 1000).toUTCString());
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(Math.abs((ms ?? Number.NaN) - Math.max(0, seconds * 1000))).toBeLessThan(2_000);
    });
    fc.assert(property);
  });

  it.each([undefined, '', '-1', '1.5', '1e3', '0x10', 'soon', '9999999999', '2030-01-01', 'Xyz, 99', ['1', '2']])(
    'takes %j for absent',
    (header) => {
      expect(retryAfterMs(header)).toBeUndefined();
    },
  );

  it('gives a time of 0 or more, or nothing, for any text', () => {
    const property = fc.property(fc.string(), (text) => {
      const ms = retryAfterMs(text);
      if (ms !== undefined) expect(ms).toBeGreaterThanOrEqual(0);
    });
    fc.assert(property);
  });
});
