import type { Operation } from './operation.ts';

/** What a scope may hold: RFC 6749 §3.3. */
const isScope = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Finds what is wrong with an operation's `auth`, as the end of a sentence. Undefined if it is valid. */
export function authFault({ auth }: Operation): string | undefined {
  if (auth === 'public' || auth === 'service') return undefined;
  const scopes: unknown = auth?.scopes;
  if (Array.isArray(scopes) && scopes.length > 0 && scopes.every((one) => isScope.test(one))) return undefined;
  return `has auth ${JSON.stringify(auth)}: it must be 'public', 'service' or { scopes: [one or more] }`;
}
