import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import { type ExpressInternals, internalsOf } from './express-internals.ts';

/**
 * Lets `first` have a request before Express' router, which sees only what that passes on; what goes wrong in it is for
 * `failed`. Request and response are Express' own by then, as middleware expects them. The router makes
 * a new search, with closures of its own, for the one middleware that takes a request.
 */
export function beforeRouter(app: Express, first: RequestHandler, failed: ErrorRequestHandler): Express {
  const internals = internalsOf(app);
  const route = internals.handle;
  internals.handle = function handleFirst(this: ExpressInternals, req: Request, res: Response, callback) {
    withExpressPrototypes(this, req, res);
    first(req, res, (error?: unknown) => {
      if (error === undefined) route.call(this, req, res, callback);
      else failed(error, req, res, unreached);
    });
  };
  return app;
}

/** What Express' own handle does to both, and its router. */
function withExpressPrototypes({ request, response }: ExpressInternals, req: Request, res: Response): void {
  req.res = res;
  res.req = req;
  if (Object.getPrototypeOf(req) !== request) Object.setPrototypeOf(req, request);
  if (Object.getPrototypeOf(res) !== response) Object.setPrototypeOf(res, response);
  res.locals ??= Object.create(null);
  req.originalUrl ??= req.url;
  req.baseUrl ??= '';
}

function unreached(error: unknown): never {
  throw error;
}
