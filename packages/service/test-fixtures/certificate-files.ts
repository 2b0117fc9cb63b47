import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ca, certificate } from './certificates.ts';

/** A folder with what a service needs for mutual TLS, its environment, and what a client of it needs. */
export async function certificateFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'));
  const [own, client] = [
    await certificate(),
    await certificate({ names: ['client'], spiffeId: 'spiffe://parley/client' }),
  ];
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const env = {
    TLS_CERT_FILE: put('tls.crt', own.cert),
    TLS_KEY_FILE: put('tls.key', own.key),
    TLS_CA_FILE: put('ca.crt', ca),
  };
  return { env, client: { ca, ...client }, remove: () => rmSync(folder, { recursive: true }) };
}
