import { describe, expect, it } from '@jest/globals';
import { type DocsAccess, type Trying, tryingOf } from './docs-access.ts';

const here = { adminHost: '127.0.0.1', adminReadToken: undefined, adminActToken: undefined, clientCertificates: false };

describe('what trying an operation needs', () => {
  it.each<[string, Trying, Partial<DocsAccess>]>([
    ['nothing on loopback without tokens', 'open', {}],
    ['a token that is not set, on another address', 'off', { adminHost: '0.0.0.0' }],
    ['a token that is not set, where there is a read token only', 'off', { adminReadToken: 'r' }],
    ['the act token', 'token', { adminActToken: 'a' }],
    ['the act token on another address', 'token', { adminActToken: 'a', adminHost: '0.0.0.0' }],
    ['a token that is not set, where callers need a certificate', 'off', { clientCertificates: true }],
    ['the act token, where callers need a certificate', 'token', { clientCertificates: true, adminActToken: 'a' }],
  ])('is %s', (_, expected, access) => {
    expect(tryingOf({ ...here, ...access })).toBe(expected);
  });
});
