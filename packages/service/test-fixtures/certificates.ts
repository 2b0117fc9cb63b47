import { createAuthority, issue, type Request } from '../../../certificates/authority.ts';

const authority = await createAuthority('Test CA', 10);

/** The CA that everything here trusts, PEM. */
export const ca = authority.cert;

/** A certificate of that CA for localhost, or as asked for. */
export function certificate(request: Partial<Request> = {}) {
  return issue(authority, { names: ['localhost', '127.0.0.1'], validDays: 5, ...request });
}

/** A certificate of a CA that nobody here trusts. */
export async function strangersCertificate() {
  return issue(await createAuthority('Strange CA', 10), { names: ['localhost'], validDays: 5 });
}
