import { describe, expect, it } from '@jest/globals';
import { readSettings } from '../process/settings.ts';
import { tokensFromSettings } from './tokens-from-settings.ts';

describe('tokensFromSettings', () => {
  const from = (env: Record<string, string>) =>
    tokensFromSettings(readSettings({ TOKEN_ISSUER: 'https://i.test', ...env }));

  it('takes the keys from an address or a file', () => {
    expect(from({ TOKEN_JWKS_URL: 'https://i.test/jwks' })).toEqual({
      issuer: 'https://i.test',
      jwks: new URL('https://i.test/jwks'),
    });
    expect(from({ TOKEN_JWKS_FILE: 'jwks.json', TOKEN_AUDIENCE: 'visits' })).toEqual({
      issuer: 'https://i.test',
      jwks: { file: 'jwks.json' },
      audience: 'visits',
    });
  });

  it('gives nothing where no issuer is set', () => {
    expect(tokensFromSettings(readSettings({}))).toBeUndefined();
  });
});
