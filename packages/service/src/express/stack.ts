import type { RequestHandler } from 'express';

/**
 * Combines middleware into one: the first listed sees the request first. An error (a throw, a rejection, `next(error)`)
 * goes to the error handler below the stack. Cheaper than Express' router, which matches a path, copies parameters and
 * restores URLs at each `app.use`; here there is one path and nothing to restore.
 */
export function stack(...middleware: readonly RequestHandler[]): RequestHandler {
  return function stacked(req, res, done) {
    let position = 0;
    const next = (error?: unknown): void => {
      const one = error === undefined ? middleware[position++] : undefined;
      if (!one) {
        done(error);
        return;
      }
      try {
        const result: unknown = one(req, res, next);
        if (result instanceof Promise) result.catch(done);
      } catch (thrown) {
        done(thrown);
      }
    };
    next();
  };
}
