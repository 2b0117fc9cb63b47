import type { Request, RequestHandler } from 'express';

/** Whether a request names versions of what it is about. */
export function isConditional({ headers }: Request): boolean {
  return headers['if-none-match'] !== undefined || headers['if-match'] !== undefined;
}

/**
 * Lets a request with conditions go through `encode` before its handler, which may compare versions: tags of encoded
 * replies are understood there. Others meet it when their reply is long enough: see `sendJson`.
 */
export function conditions(encode: RequestHandler): RequestHandler {
  return function conditions(req, res, next) {
    if (isConditional(req)) encode(req, res, next);
    else next();
  };
}
