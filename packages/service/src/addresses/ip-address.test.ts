import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ipAddress } from './ip-address.ts';

describe('ipAddress', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    [' 203.0.113.5\t', '203.0.113.5'],
    ['203.0.113.5:4711', '203.0.113.5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
    ['[::FFFF:cb00:7105]:80', '203.0.113.5'],
    ['0:0:0:0:0:ffff:203.0.113.5', '203.0.113.5'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:443', 'fe80::1'],
    ['::', '::'],
    ['::1', '::1'],
  ])('of %j is %s', (text, address) => {
    expect(ipAddress(text)).toBe(address);
  });

  it.each([
    ...['', 'unknown', '_hidden', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.4:', '1.2.3.4:x', '1.2.3.4:123456'],
    ...['[]', '[::1', '::1]', ':::', '[1.2.3]', '2001:db8::1:::', '%eth0', '1.2.3.4, 5.6.7.8', 'a'.repeat(10_000)],
  ])('is none of %j', (text) => {
    expect(ipAddress(text)).toBeUndefined();
  });

  it('has one form for every form of one address', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.nat(65_535), (written, port) => {
        const address = ipAddress(written);
        expect(address).toBeDefined();
        expect(ipAddress(`[${written.toUpperCase()}]:${port}`)).toBe(address);
        expect(ipAddress(`${written}%7`)).toBe(address);
        expect(ipAddress(address ?? '')).toBe(address);
      }),
    );
  });
});
