import type { JsonGeneralNames } from '@peculiar/x509';
import './reflect-metadata.ts';
import { webcrypto } from 'node:crypto';

// Late: Jest runs a CommonJS module before any that it is imported beside.
const x509 = await import('@peculiar/x509');
x509.cryptoProvider.set(webcrypto as never);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

/** A certificate with its key, as PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is to say. */
export interface CertificateOptions {
  readonly names?: readonly string[];
  readonly ips?: readonly string[];
  readonly uris?: readonly string[];
  /** Days from now. */
  readonly validDays?: number;
}

/** A certificate authority for tests. */
export async function certificateAuthority(name = 'test CA') {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: keys as never,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 30 * dayMs),
    notAfter: new Date(Date.now() + 30 * dayMs),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  let serial = 1;
  async function issue({ names = [], ips = [], uris = [], validDays = 1 }: CertificateOptions): Promise<Pair> {
    const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const alternatives: JsonGeneralNames = [
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...ips.map((value) => ({ type: 'ip' as const, value })),
      ...uris.map((value) => ({ type: 'url' as const, value })),
    ];
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: (++serial).toString(16).padStart(4, '0'),
      subject: `CN=certificate ${serial}`,
      issuer: authority.subject,
      publicKey: own.publicKey as never,
      signingKey: keys.privateKey as never,
      signingAlgorithm: algorithm,
      notBefore: new Date(Date.now() - 20 * dayMs),
      notAfter: new Date(Date.now() + validDays * dayMs),
      extensions: [new x509.SubjectAlternativeNameExtension(alternatives)],
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
    return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
  }
  return { ca: authority.toString('pem'), issue };
}
