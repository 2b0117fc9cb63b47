import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withoutSecrets } from './without-secrets.ts';

describe('withoutSecrets', () => {
  it.each([
    ['http://greetings:3000', 'http://greetings:3000'],
    ['http://greetings:3000/api', 'http://greetings:3000/api'],
    ['localhost:3000', 'localhost:3000'],
    ['http://a:99999', 'http://a:99999'],
    ['unix:things.sock', 'unix:things.sock'],
    ['file://host/path', 'file://host/path'],
    ['http://[::1]:3000/x', 'http://[::1]:3000/x'],
    ['', ''],
  ])('leaves %j as it is', (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown);
  });

  it.each([
    ['http://user:s3cret@a:1', 'http://…@a:1'],
    ['http://s3cret@a:1', 'http://…@a:1'],
    ['dns+https://user:s3@cret@a', 'dns+https://…@a'],
    ['user:s3cret@a', '…@a'],
    ['http:/user:s3cret@a', 'http:/…@a'],
    ['http//user:s3cret@a', '…@a'],
    ['http://user:s3cret', 'http://user:…'],
    ['user:s3cret', 'user:…'],
    ['http://a?token=s3cret', 'http://a?…'],
    ['http://a#s3cret', 'http://a#…'],
    ['http://user:s3?cret@a', 'http://…'],
    ['http://a?user=b@s3cret', 'http://…'],
    ['unix:/run/a.sock?s3cret', 'unix:/run/a.sock?…'],
  ])('shows %j as %j', (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown);
    expect(shown).not.toMatch(/s3|cret/);
  });

  it('shows no part of a password that holds a comma', () => {
    const whole = 'http://user:s3c,ret@a:1';
    expect(whole.split(',').map((part) => withoutSecrets(part, whole))).toEqual(['http://…', '…@a:1']);
  });

  it('shows no password, whatever it holds', () => {
    const password = fc.string({ minLength: 1 }).map((text) => `s3cret${text}s3cret`);
    fc.assert(
      fc.property(fc.constantFrom('http://', 'dns://', 'file://', 'unix:', ''), password, (scheme, secret) => {
        for (const text of [`${scheme}user:${secret}@host:1`, `${scheme}${secret}@host`]) {
          for (const part of text.split(',')) expect(withoutSecrets(part, text)).not.toContain('s3cret');
        }
      }),
    );
  });
});
