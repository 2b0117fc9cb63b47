import { headerNames, ownMember, type Safety } from '@parley/contract';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY']);
const idempotentMethods = new Set([...safeMethods, 'PUT', 'DELETE']);

/** Whether a method changes nothing: RFC 9110 §9.2.1, and QUERY. */
export function isSafe(method: string): boolean {
  return safeMethods.has(method);
}

/** Whether two requests of a method have the effect of one: RFC 9110 §9.2.2. */
export function isIdempotent(method: string): boolean {
  return idempotentMethods.has(method);
}

/** Whether a request that belongs to no operation may be sent twice: as RFC 9110 §9.2 says of its method, or by its `Idempotency-Key`. */
export function safetyOf(method: string, headers: Readonly<Record<string, string>>): Safety {
  if (isSafe(method)) return 'safe';
  if (isIdempotent(method)) return 'idempotent';
  // A service refuses an empty key, and another server may take it for none.
  return ownMember(headers, headerNames.idempotencyKey)?.trim() ? 'keyed' : 'unsafe';
}
