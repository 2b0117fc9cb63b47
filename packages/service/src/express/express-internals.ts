import { ownMember } from '@parley/contract';
import type { Express, Request, Response } from 'express';

/** Express' own handler of a request. */
export type Handle = (this: object, req: object, res: object, callback?: (error?: unknown) => void) => void;

/** The internals of an Express app that this kit depends on. They are not in its types: this file alone touches them. */
interface ExpressInternals {
  request: object;
  response: object;
  handle: Handle;
}

function internalsOf(app: object): ExpressInternals {
  return app as ExpressInternals;
}

/** Whether a thing is an Express application, of version 4 or 5: not a router or another function. */
export function isExpressApp(thing: unknown): boolean {
  if (typeof thing !== 'function') return false;
  const app = thing as Partial<ExpressInternals>;
  const messages = [ownMember(app, 'request'), ownMember(app, 'response')];
  return messages.every((one) => typeof one === 'object') && typeof ownMember(app, 'handle') === 'function';
}

/** Replaces the function that handles every request of an app. `wrap` gets the current one. */
export function wrapHandle(app: Express, wrap: (handle: Handle) => Handle): void {
  const internals = internalsOf(app);
  internals.handle = wrap(internals.handle);
}

/** The two prototypes that an app gives to its requests and responses. */
export function messagePrototypes(app: object): { readonly request: object; readonly response: object } {
  return internalsOf(app);
}

/** Lets an app give other prototypes to its requests and responses. */
export function setMessagePrototypes(
  app: Express,
  prototypes: { readonly request: object; readonly response: object },
) {
  Object.assign(internalsOf(app), prototypes);
}

/** A view of an app that differs in the two prototypes only. It serves as `this` of the app's {@link Handle}. */
export function appWithPrototypes(app: Express, { request, response }: { request: object; response: object }): object {
  return Object.create(app, { request: { value: request }, response: { value: response } });
}

/** Prepares request and response as Express' own handle does, for middleware that runs before it. */
export function prepareMessages(app: object, req: Request, res: Response): void {
  const { request, response } = internalsOf(app);
  req.res = res;
  res.req = req;
  if (Object.getPrototypeOf(req) !== request) Object.setPrototypeOf(req, request);
  if (Object.getPrototypeOf(res) !== response) Object.setPrototypeOf(res, response);
  res.locals ??= Object.create(null);
  req.originalUrl ??= req.url;
  req.baseUrl ??= '';
}
