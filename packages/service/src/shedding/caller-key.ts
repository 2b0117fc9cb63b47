import type { CallContext } from '@parley/contract';
import type { Request } from 'express';

/**
 * Returns the caller that a request counts for: the identity in its client certificate, and its address if a proxy
 * forwarded it or there is no certificate. Headers in which callers name themselves are not used.
 */
export function callerKey({ caller }: CallContext, req: Request): string {
  const { remoteAddress } = req.socket;
  // Without X-Forwarded-For the address is that of the socket.
  if (!caller && req.headers['x-forwarded-for'] === undefined) return remoteAddress ?? '';
  if (!caller) return req.ip ?? remoteAddress ?? '';
  const identity = caller.spiffeId ?? caller.subject;
  return req.ip === remoteAddress ? identity : `${identity} ${req.ip}`;
}
