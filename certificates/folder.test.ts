import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { renew } from './folder.ts';

describe('npm run certs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'certs-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const certificate = (path: string) => new X509Certificate(readFileSync(join(folder, path)));
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

  it('makes a CA, and for each service a certificate with its name', async () => {
    expect(await renew(folder, ['hello', 'gateway'])).toEqual({ renewed: ['ca', 'hello', 'gateway'], kept: [] });
    const authority = certificate('hello/ca.crt');
    const hello = certificate('hello/tls.crt');
    expect(authority.ca).toBe(true);
    expect(hello.ca).toBe(false);
    expect(hello.verify(authority.publicKey)).toBe(true);
    expect(hello.subjectAltName).toBe('DNS:hello, DNS:localhost, IP Address:127.0.0.1, URI:spiffe://parley/hello');
    expect(hello.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(hello.validToDate.getTime()).toBeLessThan(inDays(31).getTime());
  });

  it("lets only its user read a key, and no service read the CA's key", async () => {
    await renew(folder, ['hello']);
    for (const key of ['ca.key', 'hello/tls.key']) expect(statSync(join(folder, key)).mode & 0o777).toBe(0o600);
    expect(() => statSync(join(folder, 'hello/ca.key'))).toThrow('ENOENT');
  });

  it('keeps what is good for long enough', async () => {
    await renew(folder, ['hello']);
    const { serialNumber } = certificate('hello/tls.crt');
    expect(await renew(folder, ['hello'])).toEqual({ renewed: [], kept: ['ca', 'hello'] });
    expect(certificate('hello/tls.crt').serialNumber).toBe(serialNumber);
  });

  it('renews what expires soon, and keeps the CA', async () => {
    await renew(folder, ['hello']);
    expect(await renew(folder, ['hello'], inDays(25))).toEqual({ renewed: ['hello'], kept: ['ca'] });
  });

  it('renews all where the CA expires soon, or another one has come', async () => {
    await renew(folder, ['hello']);
    expect((await renew(folder, ['hello'], inDays(340))).renewed).toEqual(['ca', 'hello']);
    rmSync(join(folder, 'ca.key'));
    expect((await renew(folder, ['hello'])).renewed).toEqual(['ca', 'hello']);
    expect(certificate('hello/tls.crt').verify(certificate('hello/ca.crt').publicKey)).toBe(true);
  });

  it('mends what somebody broke', async () => {
    await renew(folder, ['hello']);
    writeFileSync(join(folder, 'hello/tls.crt'), 'half a cert');
    expect((await renew(folder, ['hello'])).renewed).toEqual(['hello']);
  });
});
