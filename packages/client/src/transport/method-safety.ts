import { headerNames, ownMember, type Safety } from '@parley/contract';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
const idempotentMethods = new Set(['PUT', 'DELETE']);

/** Whether a request that belongs to no operation may be sent twice: as RFC 9110 §9.2 says of its method, or by its `Idempotency-Key`. */
export function safetyOf(method: string, headers: Readonly<Record<string, string>>): Safety {
  if (safeMethods.has(method)) return 'safe';
  if (idempotentMethods.has(method)) return 'idempotent';
  // A service refuses an empty key, and another server may take it for none.
  return ownMember(headers, headerNames.idempotencyKey)?.trim() ? 'keyed' : 'unsafe';
}
