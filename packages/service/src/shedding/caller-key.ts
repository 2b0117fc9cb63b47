import type { CallContext } from '@parley/contract';
import type { Request } from 'express';

/**
 * Whose share of the service a request is part of: who its certificate says, and its address where a proxy passed it on
 * for somebody else or there is no certificate. What a caller says of itself is never asked.
 */
export function callerKey({ caller }: CallContext, req: Request): string {
  const { remoteAddress } = req.socket;
  // Without a proxy's word there is nothing to work out.
  if (!caller && req.headers['x-forwarded-for'] === undefined) return remoteAddress ?? '';
  if (!caller) return req.ip ?? remoteAddress ?? '';
  const identity = caller.spiffeId ?? caller.subject;
  return req.ip === remoteAddress ? identity : `${identity} ${req.ip}`;
}
