import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import { prepareMessages, wrapHandle } from './express-internals.ts';
import { useOwnHeaders } from './own-headers.ts';

/**
 * Runs `first` before Express' router, which sees only what `first` passes on. An error of `first` goes to `failed`.
 * Request and response are prepared by then, as middleware expects them. This saves the router's search, with closures
 * per request, for the one middleware that takes every request.
 */
export function beforeRouter(app: Express, first: RequestHandler, failed: ErrorRequestHandler): Express {
  wrapHandle(app, (route) => {
    return function handleFirst(req, res, callback) {
      const request = req as Request;
      const response = res as Response;
      prepareMessages(this, request, response);
      useOwnHeaders(request);
      first(request, response, (error?: unknown) => {
        if (error === undefined) route.call(this, req, res, callback);
        else failed(error, request, response, unreached);
      });
    };
  });
  return app;
}

function unreached(error: unknown): never {
  throw error;
}
