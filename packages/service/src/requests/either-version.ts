import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler } from 'express';

type Next = (error?: unknown) => void;

/**
 * Functions whose parameters have the types of another version of `@types/express`. As methods they are compared in both
 * directions, so a function fits where its `Request` is an `IncomingMessage`. The second overload keeps the compiler
 * from giving these parameters to a function written in place: it gets those of Express 5.
 */
interface OlderTypes<More extends readonly unknown[], Result> {
  handle(req: IncomingMessage, res: ServerResponse, next: Next): unknown;
  handle<_Unused>(req: IncomingMessage, res: ServerResponse, next: Next): unknown;
  read(req: IncomingMessage, ...more: More): Result;
  read<_Unused>(req: IncomingMessage, ...more: More): Result;
}

/** Express middleware or a router, with the types of Express 5 or 4. */
export type Middleware = RequestHandler | OlderTypes<[], unknown>['handle'];

/** Reads something from a request, with the types of Express 5 or 4. A function written in place gets those of 5. */
export type ReadRequest<More extends readonly unknown[], Result> =
  | ((req: Request, ...more: More) => Result)
  | OlderTypes<More, Result>['read'];
