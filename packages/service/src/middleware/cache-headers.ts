import { cacheControl, isStream, type Operation, varyHeaders } from '@parley/contract';
import type { RequestHandler } from 'express';
import { beforeHead, type HeadListener } from '../express/before-head.ts';
import { allowVersion } from '../replies/version.ts';

/** What a reply has that some caller got a cookie with, whatever its operation's policy: RFC 9111 lets caches give the cookie to others. */
const ownCacheOnly = 'private, no-cache';

/**
 * Tells caches what the contract says of a reply: `Cache-Control` by the operation's policy, `Vary` with the request
 * headers that the reply depends on. Problems replace the former with `no-store`. `version()` works below it.
 */
export function cacheHeaders(operation: Operation): RequestHandler {
  const control = cacheControl(operation);
  const isWhole = !isStream(operation.output);
  const vary = varyHeaders(operation).join(', ');
  const withholdCookie: HeadListener | undefined =
    operation.cache?.scope === 'public'
      ? (res) => {
          if (res.hasHeader('Set-Cookie') && res.getHeader('Cache-Control') === control)
            res.setHeader('Cache-Control', ownCacheOnly);
        }
      : undefined;
  return function cacheHeaders(_req, res, next) {
    if (control) res.setHeader('Cache-Control', control);
    if (vary) {
      const before = res.getHeader('Vary');
      res.setHeader('Vary', before === undefined ? vary : `${before}, ${vary}`);
    }
    if (withholdCookie) beforeHead(res, withholdCookie);
    if (isWhole) allowVersion(res);
    next();
  };
}
