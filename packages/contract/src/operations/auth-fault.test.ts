import { describe, expect, it } from '@jest/globals';
import { defineContract } from '../contract.ts';
import { type Auth, get } from './operation.ts';

function define(auth: Auth) {
  return () => defineContract('things', { look: get('/things', { summary: 's', auth }) });
}

describe('auth of an operation', () => {
  it.each<[Auth]>([['public'], ['service'], [{ scopes: ['things:read', 'a/b!'] }]])('may be %j', (auth) => {
    expect(define(auth)).not.toThrow();
  });

  it.each([
    [{ scopes: [] }],
    [{ scopes: ['a b'] }],
    [{ scopes: [''] }],
    [{ scopes: 'a' }],
    [{}],
    ['user'],
    [[]],
    [[{}]],
  ])('may not be %j', (auth) => {
    expect(define(auth as Auth)).toThrow(
      `contract things: look has auth ${JSON.stringify(auth)}: it must be 'public', 'service', { scopes: [one or more] }, or of authScheme()`,
    );
  });
});
