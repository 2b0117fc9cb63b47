import { describe, expect, it } from '@jest/globals';
import { ca, certificate } from '../../test-fixtures/certificates.ts';
import { ConfigError } from '../process/config-error.ts';
import { openSecureContext } from './secure-context.ts';

const [own, other] = [await certificate(), await certificate()];

describe('openSecureContext', () => {
  it('takes PEM as text or bytes, which is never read again', async () => {
    const source = openSecureContext({ cert: Buffer.from(own.cert), key: own.key });
    expect(source).toMatchObject({ current: own, isClientCertificateRequired: false, isFromFiles: false });
    expect(openSecureContext({ ...own, ca }).isClientCertificateRequired).toBe(true);
  });

  it.each([
    [
      'a file that is not there',
      { ...own, cert: { file: '/nowhere.crt' } },
      'cert cannot be read from /nowhere.crt (ENOENT); set TLS_CERT_FILE',
    ],
    ['a key of another certificate', { ...own, key: other.key }, 'key values mismatch'],
    ['half a certificate', { ...own, cert: own.cert.slice(0, 300) }, 'TLS cannot start: '],
    ['a CA that is none', { ...own, ca: Buffer.from('\n') }, 'TLS cannot start: '],
  ])('says in one sentence that it got %s', (_what, options, sentence) => {
    const open = () => openSecureContext(options);
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(sentence);
    expect(open).not.toThrow(/PRIVATE KEY/);
  });
});
