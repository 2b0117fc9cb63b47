import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { httpDate } from './http-date.ts';

const now = Date.UTC(2026, 10, 29);
const moment = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('httpDate', () => {
  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'sun, 06 nov 1994 08:49:37 gmt',
  ])('reads %s', (text) => {
    expect(httpDate(text, now)).toBe(moment);
  });

  it.each([
    '0',
    '',
    'soon',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 31 Feb 2026 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:49:37 GMT',
    '1994-11-06T08:49:37Z',
  ])('refuses %j', (text) => {
    expect(httpDate(text, now)).toBeUndefined();
  });

  it('puts a year of two digits at most 50 years ahead', () => {
    expect(httpDate('Sunday, 06-Nov-76 08:49:37 GMT', now)).toBe(Date.UTC(2076, 10, 6, 8, 49, 37));
    expect(httpDate('Sunday, 06-Nov-77 08:49:37 GMT', now)).toBe(Date.UTC(1977, 10, 6, 8, 49, 37));
  });

  it('reads back every date that JavaScript writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
        expect(httpDate(new Date(seconds * 1000).toUTCString(), now)).toBe(seconds * 1000);
      }),
    );
  });
});
