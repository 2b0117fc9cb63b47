import type { CallContext } from '@parley/contract';
import type { Request } from 'express';
import { networkOf } from '../requests/network-of.ts';

/**
 * Whose share of the service a request is part of: who its certificate says, and its address where a proxy passed it on
 * for somebody else or there is no certificate. What a caller says of itself is never asked. Of an IPv6 address the first
 * 64 bits count: one client has all others, and would be as many callers as it likes.
 */
export function callerKey({ caller }: CallContext, req: Request): string {
  const { remoteAddress } = req.socket;
  // Without a proxy's word there is nothing to work out.
  if (!caller && req.headers['x-forwarded-for'] === undefined) return networkAt(remoteAddress);
  if (!caller) return networkAt(req.ip ?? remoteAddress);
  const identity = caller.spiffeId ?? caller.subject;
  return req.ip === remoteAddress ? identity : `${identity} ${networkAt(req.ip)}`;
}

/** IPv4, which is most, costs no look. */
function networkAt(address = ''): string {
  return address.includes(':') ? networkOf(address) : address;
}
