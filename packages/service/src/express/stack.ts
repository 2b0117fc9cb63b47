import type { RequestHandler } from 'express';

/**
 * Puts middleware on top of each other as one: the first listed sees the request first. What a throw, a rejection or
 * `next(error)` says goes to whoever is below the whole. As Express' router between two `app.use`, which matches a path,
 * copies parameters and restores URLs for each of them; here there is one path and nothing to restore.
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
