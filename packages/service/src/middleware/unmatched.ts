import { CallError, type Operation, pathPattern } from '@parley/contract';
import type { RequestHandler } from 'express';

/**
 * Answers what no route took: 204 with `Allow` to OPTIONS, 405 with `Allow` where another method would
 * do, 404 otherwise.
 */
export function unmatched(operations: readonly Operation[]): RequestHandler {
  const routes = operations.map(({ path, method }) => ({ pattern: pathPattern(path.template), method }));
  return function unmatched(req, res, next) {
    const methods = routes.filter(({ pattern }) => pattern.test(req.path)).map(({ method }) => method);
    if (methods.length === 0) return next(new CallError('not_found', 'No operation has this path'));
    const allowed = allow(methods);
    res.set('Allow', allowed);
    if (req.method === 'OPTIONS') return void res.status(204).end();
    next(new CallError('method_not_allowed', `This path takes ${allowed}`));
  };
}

function allow(methods: readonly string[]): string {
  return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])].join(', ');
}
