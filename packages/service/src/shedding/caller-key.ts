import type { CallContext } from '@parley/contract';
import type { Request } from 'express';
import { networkOf } from '../addresses/network-of.ts';
import { isForwarded } from '../express/caller-address.ts';

/**
 * Returns the caller that a request counts for: the identity in its client certificate, and its address if a trusted proxy
 * forwarded it or there is no certificate. Headers in which callers name themselves are not used. An IPv6 address counts
 * by its first 64 bits: one client has all addresses below them.
 */
export function callerKey({ caller }: CallContext, req: Request): string {
  if (!caller) return networkOf(req.ip ?? '');
  const identity = caller.spiffeId ?? caller.subject;
  return isForwarded(req) ? `${identity} ${networkOf(req.ip ?? '')}` : identity;
}
