import { describe, expect, it } from '@jest/globals';
import { authScheme } from './auth-scheme.ts';

describe('authScheme', () => {
  it.each(['api-key', 'ApiKey', '', 'token', 'certificate', '__proto__'])('refuses the name %j', (name) => {
    const scheme = () => authScheme(name, { type: 'http', scheme: 'hmac' });
    expect(scheme).toThrow(/must be in camelCase, and not certificate or token; it is "/);
  });
});
