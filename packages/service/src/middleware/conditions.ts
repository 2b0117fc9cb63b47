import type { RequestHandler } from 'express';
import { isConditional } from '../requests/conditional-request.ts';

/**
 * Lets a request with conditions go through `encode` before its handler, which may compare versions: tags of encoded
 * replies are understood there. Others meet it when their reply is long enough: see `sendText`.
 */
export function conditions(encode: RequestHandler): RequestHandler {
  return function conditions(req, res, next) {
    if (isConditional(req)) encode(req, res, next);
    else next();
  };
}
