import 'reflect-metadata'; // before x509, which doesn't load without it
import { randomBytes, webcrypto } from 'node:crypto';
import type * as X509 from '@peculiar/x509';

// Late: Jest runs a CommonJS module before any that it is imported beside.
const x509 = await import('@peculiar/x509');

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is for. */
export interface Request {
  /** Host names, and addresses by their form. The first one is the subject's common name. */
  readonly names: readonly string[];
  /** A SPIFFE id, such as `spiffe://parley/hello`. */
  readonly spiffeId?: string;
  readonly validDays: number;
  /** Beginning of validity. Default: a minute ago, for clocks that are late. */
  readonly from?: Date;
}

/** P-256: quick, small, and known to everything that speaks TLS 1.2. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const { KeyUsageFlags } = x509;

x509.cryptoProvider.set(webcrypto);

/** Makes a development CA: it signs what {@link issue} is asked for, and no further CA. */
export async function createAuthority(name: string, validDays: number): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    serialNumber: serialNumber(),
    ...validity({ validDays }),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return inPem(certificate, keys);
}

/** Makes a certificate for a service, which is both server and client. */
export async function issue(authority: KeyPair, request: Request): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${request.names[0]}`,
    issuer: issuer.subject,
    serialNumber: serialNumber(),
    ...validity(request),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(alternativeNames(request)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return inPem(certificate, keys);
}

function alternativeNames({ names, spiffeId }: Request): X509.JsonGeneralName[] {
  const isAddress = (name: string) => /^[\d.]+$|:/.test(name);
  const hosts = names.map((value) => ({ type: isAddress(value) ? ('ip' as const) : ('dns' as const), value }));
  return spiffeId ? [...hosts, { type: 'url', value: spiffeId }] : hosts;
}

function validity({ validDays, from = new Date(Date.now() - 60_000) }: Pick<Request, 'validDays' | 'from'>) {
  return { notBefore: from, notAfter: new Date(from.getTime() + validDays * 86_400_000) };
}

// A leading zero keeps it positive, as the standard wants.
function serialNumber(): string {
  return `00${randomBytes(15).toString('hex')}`;
}

function generateKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

function importKey(pem: string) {
  const [der] = x509.PemConverter.decode(pem);
  return webcrypto.subtle.importKey('pkcs8', der as ArrayBuffer, algorithm, false, ['sign']);
}

async function inPem(certificate: X509.X509Certificate, { privateKey }: webcrypto.CryptoKeyPair): Promise<KeyPair> {
  const der = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return { cert: `${certificate.toString('pem')}\n`, key: `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n` };
}
