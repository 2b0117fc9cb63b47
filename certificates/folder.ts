import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, issue, type KeyPair } from './authority.ts';

/** Default user that reads the keys in containers. Root makes the keys for this user, since no container runs as root. */
export const containerUser = 1000;

/** What a renewal has done. */
export interface Renewal {
  /** Names whose certificate is new, `ca` among them. */
  readonly renewed: readonly string[];
  /** Names whose certificate is still good. */
  readonly kept: readonly string[];
}

/** Long enough for a team that renews now and then, short enough that renewing is practised. */
const validDays = { authority: 365, service: 30 };
/** Certificates with less than this left are made anew. A CA must outlive what it signs. */
const leastDays = { authority: 31, service: 10 };

/**
 * Brings a folder of development certificates up to date: `ca.crt` and `ca.key` of the CA, and for each name a folder with
 * `tls.crt`, `tls.key` and `ca.crt`, which is all that its service gets to see. What is good for long enough stays.
 */
export async function renew(folder: string, names: readonly string[], now = new Date()): Promise<Renewal> {
  mkdirSync(folder, { recursive: true });
  const kept: string[] = [];
  const renewed: string[] = [];
  let authority = readPair(folder, 'ca');
  if (authority && lasts(authority, leastDays.authority, now)) kept.push('ca');
  else {
    authority = await createAuthority('Parley development CA', validDays.authority);
    writePair(folder, 'ca', authority);
    renewed.push('ca');
  }
  for (const name of names) {
    const place = join(folder, name);
    mkdirSync(place, { recursive: true });
    const pair = readPair(place, 'tls');
    if (pair && lasts(pair, leastDays.service, now) && isSignedBy(pair, authority)) kept.push(name);
    else {
      const hosts = { names: [name, 'localhost', '127.0.0.1'], spiffeId: `spiffe://parley/${name}` };
      writePair(place, 'tls', await issue(authority, { ...hosts, validDays: validDays.service }));
      renewed.push(name);
    }
    write(join(place, 'ca.crt'), authority.cert, 0o644);
  }
  return { renewed, kept };
}

function lasts({ cert }: KeyPair, days: number, now: Date): boolean {
  return new X509Certificate(cert).validToDate.getTime() - now.getTime() > days * 86_400_000;
}

function isSignedBy({ cert }: KeyPair, authority: KeyPair): boolean {
  return new X509Certificate(cert).verify(new X509Certificate(authority.cert).publicKey);
}

function readPair(folder: string, name: string): KeyPair | undefined {
  try {
    const [cert, key] = [`${name}.crt`, `${name}.key`].map((file) => readFileSync(join(folder, file), 'utf8'));
    const pair = { cert: cert as string, key: key as string };
    return new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key)) ? pair : undefined;
  } catch {
    return undefined;
  }
}

function writePair(folder: string, name: string, { cert, key }: KeyPair): void {
  write(join(folder, `${name}.key`), key, 0o600);
  write(join(folder, `${name}.crt`), cert, 0o644);
}

// Whole or not at all: a service may read it this moment.
function write(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode });
  // The mode above is only for a file that wasn't there, less the umask.
  chmodSync(`${path}.new`, mode);
  if (process.getuid?.() === 0) chownSync(`${path}.new`, containerUser, containerUser);
  renameSync(`${path}.new`, path);
}
