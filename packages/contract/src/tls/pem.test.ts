import { describe, expect, it } from '@jest/globals';
import { hasPem, isPemFile, pemText } from './pem.ts';

const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('Pem', () => {
  it('is a file only where it names one', () => {
    expect(isPemFile({ file: 'a.pem' })).toBe(true);
    expect([certificate, Buffer.from(certificate)].map(isPemFile)).toEqual([false, false]);
  });

  it('has the same text as string and as bytes', () => {
    expect(pemText(certificate)).toBe(certificate);
    expect(pemText(new TextEncoder().encode(certificate))).toBe(certificate);
  });

  it.each([
    [certificate, true],
    [`subject=CN = hello\n${certificate}`, true],
    ['', false],
    ['/etc/tls/hello.pem', false],
    ['0\u0082\u0003', false],
  ])('is recognised in %j: %s', (text, isPem) => {
    expect(hasPem(text)).toBe(isPem);
  });
});
