import { deprecationHeaders, type Operation } from '@parley/contract';
import type { RequestHandler } from 'express';

/** Says on every reply of an operation, problems too, that it is deprecated and when it ends. Empty for other operations. */
export function deprecation(operation: Operation): readonly RequestHandler[] {
  const headers = Object.entries(deprecationHeaders(operation));
  if (headers.length === 0) return [];
  return [
    function deprecation(_req, res, next) {
      for (const [name, value] of headers) res.setHeader(name, value);
      next();
    },
  ];
}
