import { type HasOperation, routeFinder } from '@parley/contract';
import type { RequestHandler } from 'express';

/** An operation and what serves it. */
export interface OperationRoute extends HasOperation {
  readonly serve: RequestHandler;
}

/** Hands a request to the operation that it is for, and passes on what no operation takes. */
export function operationRoutes(routes: readonly OperationRoute[]): RequestHandler {
  const find = routeFinder(routes);
  return function operationRoutes(req, res, next) {
    const found = find(req.method, req.path);
    if (!found) return next();
    if (found.route.operation.path.parameters.length > 0) req.params = found.parameters;
    found.route.serve(req, res, next);
  };
}
