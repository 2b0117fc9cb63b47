import { CallError } from '@parley/contract';
import type { RequestHandler } from 'express';
import type { AllowedMethods } from './allowed-methods.ts';

/**
 * Answers what no route took: 204 with `Allow` to OPTIONS, 405 with `Allow` where another method would
 * do, 404 otherwise.
 */
export function unmatched(methods: AllowedMethods): RequestHandler {
  return function unmatched(req, res, next) {
    if (methods.ofContract(req.path).length === 0)
      return next(new CallError('not_found', 'No operation has this path'));
    const allowed = methods.allow(req.path);
    res.set('Allow', allowed);
    if (req.method === 'OPTIONS') return void res.status(204).end();
    next(new CallError('method_not_allowed', `This path takes ${allowed}`));
  };
}
