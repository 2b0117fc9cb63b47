import type { CallContext } from '@parley/contract';
import type { Request } from 'express';
import { networkOf } from '../requests/network-of.ts';

/**
/**
 * Returns the caller that a request counts for: the identity in its client certificate, and its address if a proxy
 * forwarded it or there is no certificate. Headers in which callers name themselves are not used. An IPv6 address counts
 * by its first 64 bits: one client has all addresses below them.
 */
export function callerKey({ caller }: CallContext, req: Request): string {
  const { remoteAddress } = req.socket;
  // Without X-Forwarded-For the address is that of the socket.
  if (!caller && req.headers['x-forwarded-for'] === undefined) return networkAt(remoteAddress);
  if (!caller) return networkAt(req.ip ?? remoteAddress);
  const identity = caller.spiffeId ?? caller.subject;
  return req.ip === remoteAddress ? identity : `${identity} ${networkAt(req.ip)}`;
}

/** The network of an IPv6 address; an IPv4 address as it is. */
function networkAt(address = ''): string {
  return address.includes(':') ? networkOf(address) : address;
}
