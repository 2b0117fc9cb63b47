import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { callerKey } from './caller-key.ts';

const from = (ip: string | undefined, remoteAddress: string | undefined) =>
  ({
    ip,
    socket: { remoteAddress },
    headers: ip === remoteAddress ? {} : { 'x-forwarded-for': ip },
  }) as unknown as Request;
const caller = { subject: 'CN=hello', names: [], spiffeId: 'spiffe://parley/hello' };

describe('callerKey', () => {
  it.each([
    ['its address', {}, from('10.0.0.7', '10.0.0.7'), '10.0.0.7'],
    ['the address that a trusted proxy says', {}, from('203.0.113.5', '10.0.0.7'), '203.0.113.5'],
    [
      'who its certificate says, whatever replica it is',
      { caller },
      from('10.0.0.7', '10.0.0.7'),
      'spiffe://parley/hello',
    ],
    ['the subject of its certificate', { caller: { subject: 'CN=hello', names: [] } }, from('::1', '::1'), 'CN=hello'],
    [
      'a gateway with a certificate, and who is behind it',
      { caller },
      from('203.0.113.5', '10.0.0.7'),
      'spiffe://parley/hello 203.0.113.5',
    ],
    ['nobody, where the connection is gone', {}, from(undefined, undefined), ''],
  ])('is %s', (_, context, req, key) => {
    expect(callerKey(context, req)).toBe(key);
  });
});
