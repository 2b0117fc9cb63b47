import { cacheControl, isStream, type Operation } from '@parley/contract';
import type { RequestHandler } from 'express';
import { allowVersion } from '../replies/version.ts';

/**
 * Tells caches what the contract says of a reply: `Cache-Control` by the operation's policy, `Vary` with the request
 * headers that its input has members in. Problems replace the former with `no-store`. `version()` works below it.
 */
export function cacheHeaders(operation: Operation): RequestHandler {
  const control = cacheControl(operation);
  const isWhole = !isStream(operation.output);
  const bound = operation.requestHeaders.map(([, header]) => header);
  const mayEncode = isWhole && operation.output !== undefined && operation.mayCompress;
  const vary = [...(control ? bound : []), ...(mayEncode ? ['Accept-Encoding'] : [])].join(', ');
  return function cacheHeaders(_req, res, next) {
    if (control) res.setHeader('Cache-Control', control);
    if (vary) {
      const before = res.getHeader('Vary');
      res.setHeader('Vary', before === undefined ? vary : `${before}, ${vary}`);
    }
    if (isWhole) allowVersion(res);
    next();
  };
}
