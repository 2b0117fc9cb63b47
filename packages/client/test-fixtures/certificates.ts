import * as authority from '../../../certificates/authority.ts';

/** A certificate with its key, as PEM. */
export type Pair = authority.KeyPair;

/** What a certificate holds. */
export interface CertificateOptions {
  /** Host names and addresses. */
  readonly names?: readonly string[];
  readonly spiffeId?: string;
  /** Days from now; below 0 for an expired certificate. */
  readonly validDays?: number;
}

const ageDays = 10;
const dayMs = 86_400_000;

/** A certificate authority for tests. */
export async function certificateAuthority(name = 'test CA') {
  const from = new Date(Date.now() - ageDays * dayMs);
  const own = await authority.createAuthority(name, 10);
  const issue = ({ names = ['things'], validDays = 1, ...given }: CertificateOptions): Promise<Pair> =>
    authority.issue(own, { names, from, validDays: ageDays + validDays, ...given });
  return { ca: own.cert, issue };
}

/** A certificate for 127.0.0.1, and the CA that issued it. */
export async function loopbackCertificate() {
  const { ca, issue } = await certificateAuthority();
  return { ca, pair: await issue({ names: ['127.0.0.1'] }) };
}
