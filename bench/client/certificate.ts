import { createAuthority, issue, type KeyPair } from '../../certificates/authority.ts';

/** Makes a key and a certificate for 127.0.0.1, and the CA that clients trust, all PEM. */
export async function certificate(): Promise<KeyPair & { readonly ca: string }> {
  const authority = await createAuthority('bench', 1);
  return { ...(await issue(authority, { names: ['localhost', '127.0.0.1'], validDays: 1 })), ca: authority.cert };
}
