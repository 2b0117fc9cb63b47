import { ownMembers } from '@parley/contract';
import type { Request, Response } from 'express';
import { isExpressApp } from './express-internals.ts';
import { lendMessages } from './mounted-messages.ts';

/** Methods of a response that middleware replaces, as sessions and compression do. */
const wrapped = ['end', 'flush', 'on', 'setHeader', 'write', 'writeHead'] as const;

/** Headers of a reply that was not sent. The problem in its place must not have them. */
const ofContent = ['Content-Encoding', 'Content-Language', 'Content-Range', 'X-Powered-By'];

/** The route of a mounted app that took a request, and the path of its router. */
export interface VisitedRoute {
  readonly route: { readonly path: unknown };
  readonly baseUrl: string;
}

/** How an app is visited. */
export interface VisitOptions {
  /** Names of headers that are of no use to the app. */
  readonly hiddenHeaders: readonly string[];
  /** Runs for each route that takes the request. */
  readonly onRoute: (route: VisitedRoute) => void;
}

/**
 * The time that a request and its response spend in a mounted app. After {@link leave} both are as they were before, but for
 * what the Express way leaves to those below: headers, wrapped methods, members of the request.
 */
export class AppVisit {
  /** Whether the app has nothing to say any more. */
  isOver = false;
  readonly #req: Request;
  readonly #res: Response;
  readonly #giveBack: (() => void) | undefined;
  readonly #hasQuery: boolean;
  readonly #hidden: (readonly [name: string, value: string | number | string[]])[] = [];
  readonly #headers: ReadonlySet<string>;
  readonly #methods: readonly (readonly [name: string, before: PropertyDescriptor | undefined])[];

  constructor(app: object, req: Request, res: Response, { hiddenHeaders, onRoute }: VisitOptions) {
    this.#req = req;
    this.#res = res;
    for (const name of hiddenHeaders) this.#hide(name);
    this.#headers = new Set(res.getHeaderNames());
    this.#methods = wrapped.map((name) => [name, Object.getOwnPropertyDescriptor(res, name)]);
    this.#hasQuery = Object.hasOwn(req, 'query');
    this.#giveBack = isExpressApp(app) ? lendMessages(app, req, res) : undefined;
    watchRoute(req, onRoute);
  }

  /** Ends the visit where the app has not answered. */
  leave(): void {
    const req = this.#req;
    this.isOver = true;
    this.#giveBack?.();
    // Express 4 has its own as a member; below it another app may read it in its own way.
    if (!this.#hasQuery) Reflect.deleteProperty(req, 'query');
    Reflect.deleteProperty(req, 'route');
    if (this.#res.headersSent) return;
    for (const name of ofContent) this.#res.removeHeader(name);
    for (const [name, value] of this.#hidden) this.#res.setHeader(name, value);
  }

  /** Ends the visit before the app has answered, and takes back its headers and wrapped methods: a session that is to be saved would delay the answer. */
  interrupt(): void {
    const res = this.#res;
    for (const [name, before] of this.#methods) {
      if (before) Object.defineProperty(res, name, ownMembers(before));
      else Reflect.deleteProperty(res, name);
    }
    this.leave();
    const hidden = new Set(this.#hidden.map(([name]) => name.toLowerCase()));
    for (const name of res.getHeaderNames()) {
      if (!this.#headers.has(name) && !hidden.has(name)) res.removeHeader(name);
    }
  }

  #hide(name: string): void {
    const value = this.#res.getHeader(name);
    if (value === undefined) return;
    this.#hidden.push([name, value]);
    this.#res.removeHeader(name);
  }
}

// Express says where a request is while it is there: the path of a nested router is gone once an error has left it.
function watchRoute(req: Request, onRoute: (route: VisitedRoute) => void): void {
  let current: VisitedRoute['route'] | undefined;
  const watched: PropertyDescriptor = {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(route: VisitedRoute['route'] | undefined) {
      current = route;
      if (route) onRoute({ route, baseUrl: req.baseUrl });
    },
  };
  Object.defineProperty(req, 'route', ownMembers(watched));
}
