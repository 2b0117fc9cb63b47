import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { keyOwner } from './key-owner.ts';

const from = (ip: string | undefined, remoteAddress: string | undefined, forwardedFor?: string) =>
  ({
    ip,
    socket: { remoteAddress },
    app: { get: () => () => true },
    headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
  }) as unknown as Request;
const direct = from('10.0.0.7', '10.0.0.7');
const ada = { subject: 'CN=ada', names: [] };
const gateway = { subject: 'CN=gateway', names: [], spiffeId: 'spiffe://parley/gateway' };
const principal = { subject: 'ada', issuer: 'https://issuer', scopes: [], clientId: 'app' };

describe('keyOwner', () => {
  it('tells callers apart by token, certificate or address', () => {
    const owners = [
      keyOwner({}, direct),
      keyOwner({}, from('10.0.0.8', '10.0.0.8')),
      keyOwner({}, from('203.0.113.5', '10.0.0.7', '203.0.113.5')),
      keyOwner({ caller: ada }, direct),
      keyOwner({ caller: { ...ada, spiffeId: 'spiffe://parley/ada' } }, direct),
      keyOwner({ caller: gateway }, direct),
      keyOwner({ caller: gateway }, from('203.0.113.5', '10.0.0.7', '203.0.113.5')),
      keyOwner({ caller: gateway }, from('203.0.113.6', '10.0.0.7', '203.0.113.6')),
      keyOwner({ principal }, direct),
      keyOwner({ principal: { ...principal, subject: 'ben' } }, direct),
      keyOwner({ principal: { ...principal, issuer: 'https://other' } }, direct),
      keyOwner({ principal: { ...principal, clientId: 'other' } }, direct),
      // What one caller may choose must not read as another one's identity.
      keyOwner({ caller: { subject: '10.0.0.7', names: [] } }, direct),
    ];
    expect(new Set(owners).size).toBe(owners.length);
  });

  it('is the same for one caller, over whatever way it comes again', () => {
    expect(keyOwner({ principal, caller: gateway }, direct)).toBe(keyOwner({ principal }, from('::1', '::1')));
    expect(keyOwner({ caller: ada }, from('10.0.0.8', '10.0.0.8'))).toBe(keyOwner({ caller: ada }, direct));
    expect(keyOwner({}, from('::ffff:10.0.0.7', '::ffff:10.0.0.7'))).toBe(keyOwner({}, direct));
    expect(keyOwner({}, from('2001:db8::1', '2001:db8::1'))).toBe(keyOwner({}, from('2001:db8::2', '2001:db8::2')));
    expect(keyOwner({}, from(undefined, undefined))).toBe(keyOwner({}, from(undefined, undefined)));
  });
});
