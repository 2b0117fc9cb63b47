import type { Operation } from '@parley/contract';
import type { RequestHandler, Response } from 'express';

/** A property and no WeakMap: that one's entries are work for the garbage collector. */
const running = Symbol('running operation');

type Running = Response & { [running]?: Operation };

/** Notes which operation a request is for, so that log and problem can tell. */
export function runningOperation(operation: Operation): RequestHandler {
  return function runningOperation(_req, res: Running, next) {
    res[running] = operation;
    next();
  };
}

/** The operation that a response belongs to, or nothing where no route matched. */
export function operationOf(res: Running): Operation | undefined {
  return res[running];
}
