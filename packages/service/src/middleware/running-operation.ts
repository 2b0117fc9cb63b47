import type { Operation } from '@parley/contract';
import type { RequestHandler, Response } from 'express';
import type { VisitedRoute } from '../express/app-visit.ts';

/** A property and no WeakMap: that one's entries are work for the garbage collector. */
const running = Symbol('running operation');
const mounted = Symbol('mounted app');

/** Where in a mounted app a request is. */
export interface MountedPlace {
  /** One object per mounted app. Its label is for logs: `mounted /`. */
  readonly mount: { readonly label: string };
  /** The route that took the request last. */
  visited?: VisitedRoute | undefined;
}

type Running = Response & { [running]?: Operation; [mounted]?: MountedPlace };

/** Characters of a pattern of a mounted app's route, or of a path, in a log. */
const maxLength = 500;

/** Notes which operation a request is for, so that log and problem can tell. */
export function runningOperation(operation: Operation): RequestHandler {
  return function runningOperation(_req, res: Running, next) {
    res[running] = operation;
    next();
  };
}

/** Notes that a request goes to a mounted app, which will say where it is. */
export function noteMounted(res: Running, place: MountedPlace): void {
  res[mounted] = place;
}

/** The operation that a response belongs to, or nothing where no route matched. */
export function operationOf(res: Running): Operation | undefined {
  return res[running];
}

/** What a request is compared with under load: others of its operation, of its route of a mounted app, or of that app. */
export function workOf(res: Running): object | undefined {
  return res[running] ?? res[mounted]?.visited?.route ?? res[mounted]?.mount;
}

/** What a request is for, by its template: `GET /api/books/{id}` of a contract, `GET /books/:id` or `mounted /` of a mounted app. */
export function labelOf(res: Running): string | undefined {
  const operation = res[running];
  if (operation) return operation.label;
  const route = mountedRoute(res);
  return route === undefined ? res[mounted]?.mount.label : `${res.req.method} ${route}`;
}

/** The path of a request that went to a mounted app and has no template: the log would not tell what it was for. */
export function untemplatedPath(res: Running): string | undefined {
  if (res[running] || !res[mounted] || mountedRoute(res) !== undefined) return undefined;
  return res.req.originalUrl.split('?', 1)[0]?.slice(0, maxLength);
}

/** The path template that a request matched, of an operation or a mounted app's route: nothing for what an app serves without a route, as files and 404s. */
export function routeOf(res: Running): string | undefined {
  return res[running]?.path.template ?? mountedRoute(res);
}

function mountedRoute(res: Running): string | undefined {
  const found = res[mounted]?.visited;
  return found && `${found.baseUrl}${[found.route.path].flat().join(', ')}`.slice(0, maxLength);
}
