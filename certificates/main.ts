import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { containerUser, renew } from './folder.ts';

// npm run certs: certificates for running this repository with mutual TLS on a developer's machine. In production they come
// from cert-manager, SPIRE or Vault.
const root = join(import.meta.dirname, '..');
const names = [...readdirSync(join(root, 'services')), 'gateway'];
const { renewed, kept } = await renew(join(root, 'certs'), names);

if (renewed.length > 0) console.log(`certs/: made for ${renewed.join(', ')}`);
if (kept.length > 0) console.log(`certs/: still good for ${kept.join(', ')}`);
const user = process.getuid?.() || containerUser;
const prefix = user === containerUser ? '' : `CERTS_UID=${user} `;
console.log(`Next: ${prefix}docker compose -f docker-compose.yml -f docker-compose.tls.yml up --build --wait`);
