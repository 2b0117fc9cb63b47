import { cacheControl, isStream, type Operation } from '@parley/contract';
import type { RequestHandler } from 'express';
import { allowVersion } from '../version.ts';

/**
 * Tells caches what the contract says of a reply: `Cache-Control` by the operation's policy, `Vary` with the request
 * headers that its input has members in. Problems replace the former with `no-store`. `version()` works below it.
 */
export function cacheHeaders(operation: Operation): RequestHandler {
  const control = cacheControl(operation);
  const vary = operation.requestHeaders.map(([, header]) => header).join(', ');
  const isWhole = !isStream(operation.output);
  return function cacheHeaders(req, res, next) {
    if (control) res.setHeader('Cache-Control', control);
    if (control && vary) res.vary(vary);
    if (isWhole) allowVersion(req, res);
    next();
  };
}
