import { describe, expect, it } from '@jest/globals';
import { TrustedProxies } from './trusted-proxies.ts';

describe('TrustedProxies', () => {
  const proxies = new TrustedProxies(['10.1.2.3/8', '192.0.2.7', 'FD00::/8', '::1', '::ffff:172.16.0.0/108']);

  it.each(['10.0.0.1', '10.255.255.255', '192.0.2.7', 'fd12::7', '::1', '172.31.0.1'])('has %s', (address) => {
    expect([proxies.has(address), proxies.has(address)]).toEqual([true, true]);
  });

  it.each(['11.0.0.1', '192.0.2.8', 'fe80::1', '::2', '172.32.0.1', '::a00:1', ''])('has not %j', (address) => {
    expect([proxies.has(address), proxies.has(address)]).toEqual([false, false]);
  });

  it('knows the answer for any number of addresses', () => {
    for (let index = 0; index < 5_000; index++) {
      const rest = `${index >> 8}.${index & 0xff}`;
      expect([proxies.has(`10.0.${rest}`), proxies.has(`11.0.${rest}`)]).toEqual([true, false]);
    }
  });

  it('can have every address', () => {
    const all = new TrustedProxies(['0.0.0.0/0', '::/0']);
    expect([all.has('203.0.113.7'), all.has('2001:db8::1')]).toEqual([true, true]);
  });

  it.each([
    ...['', ' ', 'gateway', 'loopback', '1', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1'],
    ...['10.0.0.256', '10.0.0.1:80', '[::1]', '[::1]:80', '::1/129', ':::', 'fe80::1%eth0', '::ffff:10.0.0.0/8', '*'],
    ...[1, null, undefined, {}],
  ])('refuses %j', (text) => {
    expect(() => new TrustedProxies([text as string])).toThrow(
      'trustedProxies must hold IP addresses (10.0.0.7) and networks (10.0.0.0/8, fd00::/8) of the proxies in front, not ',
    );
  });
});
