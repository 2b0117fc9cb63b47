import type { Operation } from '@parley/contract';
import type { RequestHandler, Response } from 'express';

const running = new WeakMap<Response, Operation>();

/** Notes which operation a request is for, so that log and problem can tell. */
export function runningOperation(operation: Operation): RequestHandler {
  return function runningOperation(_req, res, next) {
    running.set(res, operation);
    next();
  };
}

/** The operation that a response belongs to, or nothing where no route matched. */
export function operationOf(res: Response): Operation | undefined {
  return running.get(res);
}
