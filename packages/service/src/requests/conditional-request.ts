import type { Request } from 'express';

/** Tells whether a request depends on a version of its resource: it has `If-None-Match` or `If-Match`. */
export function isConditional({ headers }: Request): boolean {
  return headers['if-none-match'] !== undefined || headers['if-match'] !== undefined;
}
