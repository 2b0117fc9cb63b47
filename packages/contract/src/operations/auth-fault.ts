import type { Operation } from './operation.ts';

/** What a scope may hold: RFC 6749 §3.3. */
const isScope = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Finds what is wrong with an operation's `auth`, as the end of a sentence. Undefined if it is valid. */
export function authFault({ auth }: Operation): string | undefined {
  if (auth === 'public' || auth === 'service') return undefined;
  if (isSchemes(auth)) return undefined;
  const scopes: unknown = (auth as { readonly scopes?: unknown } | undefined)?.scopes;
  if (Array.isArray(scopes) && scopes.length > 0 && scopes.every((one) => isScope.test(one))) return undefined;
  return `has auth ${JSON.stringify(auth)}: it must be 'public', 'service', { scopes: [one or more] }, or of authScheme()`;
}

function isSchemes(auth: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(auth) ? auth : [auth];
  return list.length > 0 && list.every((one) => typeof one === 'object' && one !== null && 'scheme' in one);
}
