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

/** One step of a router, as Express 4 and 5 have it. */
interface RouterLayer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> } | undefined;
  readonly handle: unknown;
  /** The part of a path that it has matched last. */
  readonly path?: string | undefined;
  match(path: string): boolean | { readonly path?: string | undefined };
}

/**
 * Methods that the routes of an Express application or router take at a path, in upper case. Those of applications mounted in it
 * are not found, and of anything else there are none.
 */
export function routeMethods(app: unknown, path: string): readonly string[] {
  if (typeof app !== 'function') return [];
  const { stack } = app as { stack?: unknown };
  if (isExpressApp(app)) return routeMethods(routerOf(app), path);
  if (!Array.isArray(stack)) return [];
  return (stack as RouterLayer[]).flatMap((layer) => {
    const matched = matchedPart(layer, path);
    if (matched === undefined) return [];
    const { route, handle } = layer;
    if (!route) return routeMethods(handle, path.slice(matched.length) || '/');
    return Object.keys(route.methods).flatMap((name) => (name === '_all' ? [] : name.toUpperCase()));
  });
}

// In version 4 `router` is a member that throws.
function routerOf(app: object): unknown {
  const { _router: router } = app as { _router?: unknown };
  return router ?? ('lazyrouter' in app ? undefined : (app as { router?: unknown }).router);
}

/** The part of a path that a step takes; undefined where it takes none. Older routers keep that part, newer ones return it. */
function matchedPart(layer: RouterLayer, path: string): string | undefined {
  try {
    const match = layer.match(path);
    if (match === false) return undefined;
    return (match === true ? layer.path : match.path) ?? '';
  } catch {
    return undefined; // a path that cannot be decoded
  }
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
