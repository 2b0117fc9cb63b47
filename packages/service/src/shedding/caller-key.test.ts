import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { callerKey } from './caller-key.ts';

const from = (ip: string | undefined, remoteAddress: string | undefined) =>
  ({
    ip,
    socket: { remoteAddress },
    app: { get: () => () => true },
    headers: ip === remoteAddress ? {} : { 'x-forwarded-for': ip },
  }) as unknown as Request;
const caller = { subject: 'CN=hello', names: [], spiffeId: 'spiffe://parley/hello' };

describe('callerKey', () => {
  it.each([
    ['its address', {}, from('10.0.0.7', '10.0.0.7'), '10.0.0.7'],
    ['the address that a trusted proxy says', {}, from('203.0.113.5', '10.0.0.7'), '203.0.113.5'],
    [
      'by its certificate, the same for each replica',
      { caller },
      from('10.0.0.7', '10.0.0.7'),
      'spiffe://parley/hello',
    ],
    ['the subject of its certificate', { caller: { subject: 'CN=hello', names: [] } }, from('::1', '::1'), 'CN=hello'],
    [
      'by the address behind a gateway with a certificate',
      { caller },
      from('203.0.113.5', '10.0.0.7'),
      'spiffe://parley/hello 203.0.113.5',
    ],
    ['nobody, where the connection is gone', {}, from(undefined, undefined), ''],
  ])('is %s', (_, context, req, key) => {
    expect(callerKey(context, req)).toBe(key);
  });

  it('is one for all addresses that one client has', () => {
    const keys = (...addresses: string[]) => new Set(addresses.map((address) => callerKey({}, from(address, address))));
    expect(keys('2001:db8::1', '2001:db8::2', '2001:0db8:0:0:ffff::9', '2001:DB8::3%eth0').size).toBe(1);
    expect(keys('2001:db8::1', '2001:db8:0:1::1', '2001:db9::1').size).toBe(3);
    expect(keys('10.0.0.7', '::ffff:10.0.0.7').size).toBe(1);
    const behind = (address: string) => callerKey({ caller }, from(address, '10.0.0.7'));
    expect(behind('2001:db8::1')).toBe(behind('2001:db8::2'));
    expect(callerKey({}, from('2001:db8::1', '10.0.0.7'))).toBe(callerKey({}, from('2001:db8::2', '10.0.0.7')));
  });
});
