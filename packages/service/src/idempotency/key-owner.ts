import type { CallContext } from '@parley/contract';
import type { Request } from 'express';
import { networkOf } from '../addresses/network-of.ts';
import { isForwarded } from '../express/caller-address.ts';

/**
 * Names the caller that a key belongs to: the principal of its token, else the identity of its certificate, else its
 * network address. Behind a trusted proxy with a certificate it is the proxy's identity and the address behind it.
 */
export function keyOwner({ caller, principal }: CallContext, req: Request): string {
  // Not its certificate too: the same principal may come over another way when it tries again.
  if (principal) return JSON.stringify(['principal', principal.issuer, principal.subject, principal.clientId]);
  const identity = caller && (caller.spiffeId ?? caller.subject);
  if (identity !== undefined && !isForwarded(req)) return JSON.stringify(['certificate', identity]);
  return JSON.stringify(['address', identity, networkOf(req.ip ?? '')]);
}
