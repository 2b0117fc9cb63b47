import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { ca, certificate, strangersCertificate } from '../../test-fixtures/certificates.ts';
import { followCertificate } from './follow-certificate.ts';
import { openSecureContext, type SecureContext } from './secure-context.ts';

const [first, second] = [await certificate(), await certificate()];
const intervalMs = 5;

describe('followCertificate', () => {
  let folder: string;
  let stop = () => {};
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tls-'));
  });
  afterEach(() => {
    stop();
    rmSync(folder, { recursive: true });
  });
  const at = (name: string) => join(folder, name);
  const put = (name: string, text: string) => {
    writeFileSync(at(`${name}.new`), text);
    renameSync(at(`${name}.new`), at(name));
  };

  function following() {
    put('tls.crt', first.cert);
    put('tls.key', first.key);
    put('ca.crt', ca);
    const taken: SecureContext[] = [];
    const { logger, lines } = capturedLog();
    const source = openSecureContext({
      cert: { file: at('tls.crt') },
      key: { file: at('tls.key') },
      ca: { file: at('ca.crt') },
    });
    const read = jest.spyOn(source, 'read');
    const server = { setSecureContext: (context: SecureContext) => taken.push(context) };
    const following = followCertificate(server, source, { logger, intervalMs });
    stop = () => void following.close();
    const servedPem = () => following.pem;
    /** Waits until the files were read three times from now on. */
    const looksAgain = () => {
      const enough = read.mock.calls.length + 3;
      return eventually(() => read.mock.calls.length >= enough);
    };
    return { taken, lines, looksAgain, servedPem };
  }

  it('leaves a server alone while nothing changes', async () => {
    const { taken, lines, looksAgain } = following();
    await looksAgain();
    put('tls.crt', first.cert);
    await looksAgain();
    expect([taken, lines]).toEqual([[], []]);
  });

  it('gives a server the new pair, and says until when it is good', async () => {
    const { taken, lines, servedPem } = following();
    expect(servedPem()).toBe(first.cert);
    put('tls.key', second.key);
    put('tls.crt', second.cert);
    await eventually(() => taken.length > 0);
    expect(taken).toEqual([{ ...second, ca, minVersion: 'TLSv1.2' }]);
    expect(servedPem()).toBe(second.cert);
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'certificate renewed', validTo: expect.any(String) });
  });

  it('gives it new CAs', async () => {
    const { taken } = following();
    const { cert } = await strangersCertificate();
    put('ca.crt', ca + cert);
    await eventually(() => taken.length > 0);
    expect(taken).toMatchObject([{ ca: ca + cert }]);
  });

  it.each([
    ['belong to different pairs', () => put('tls.crt', second.cert)],
    ['are half-written', () => writeFileSync(at('tls.crt'), second.cert.slice(0, 300))],
    ['are empty', () => writeFileSync(at('tls.key'), '')],
    ['are gone', () => rmSync(at('tls.key'))],
    ['have no CA in them', () => writeFileSync(at('ca.crt'), '\n')],
  ])('keeps the old pair while the files %s, says so once, and takes what comes then', async (_what, spoil) => {
    const { taken, lines, looksAgain } = following();
    spoil();
    await eventually(() => lines.length > 0);
    await looksAgain();
    expect(taken).toEqual([]);
    expect(lines).toMatchObject([{ level: 'warn', msg: 'new certificate refused, the old one stays' }]);
    expect(JSON.stringify(lines)).not.toContain('PRIVATE KEY');
    put('ca.crt', ca);
    put('tls.key', second.key);
    put('tls.crt', second.cert);
    await eventually(() => taken.length > 0);
    expect(taken.at(-1)).toMatchObject(second);
  });
});
