import type { RequestListener } from 'node:http';
import { type CallError, currentContext, headerNames, ownMembers } from '@parley/contract';
import type { Express, Request, RequestHandler, Response } from 'express';
import { closeIfUnread, discardRest } from '../connections/unread-bodies.ts';
import { noteUnreadReply } from '../connections/unread-replies.ts';
import { AppVisit, type VisitedRoute } from '../express/app-visit.ts';
import { beforeHead, listenToHeads } from '../express/before-head.ts';
import { isExpressApp } from '../express/express-internals.ts';
import { ignoreLateWrites } from '../express/late-response.ts';
import { adoptMessages } from '../express/mounted-messages.ts';
import { listenToEnds } from '../express/reply-end.ts';
import { checkNames, shownForm } from '../options/option-form.ts';
import { expectTimerMs } from '../options/timer.ts';
import type { Middleware } from '../requests/either-version.ts';
import { foreignError } from '../requests/foreign-error.ts';
import { requestLifetimeOf } from '../requests/request-lifetime.ts';
import type { AllowedMethods } from './allowed-methods.ts';
import { operationTimeout } from './call-context.ts';
import { corsHeaderNames } from './cors.ts';
import { giveBackPlace, releasePlace } from './load-shedding.ts';
import type { AnswerFailure } from './problem.ts';
import { type MountedPlace, noteMounted } from './running-operation.ts';
import { securityHeaderNames } from './security-headers.ts';

/** An application of yours: of Express 5 or 4, a router, or any other listener or middleware. */
export type MountedApp = RequestListener | Middleware;

/** How an application is mounted. */
export interface Mount {
  readonly app: MountedApp;
  /** Where it is, as in `app.use(path, app)`: the path is not part of its `req.url`. Default `/`. */
  readonly path?: string;
  /** The longest that a request may take until its reply begins, in ms; a caller may ask for less. Default: the app's. */
  readonly requestTimeoutMs?: number;
  /** Whether its replies have the security headers of the kit, which let no page load anything. Default false. */
  readonly securityHeaders?: boolean;
}

/** One application at `/`, or several. The first listed sees a request first. */
export type Mounts = MountedApp | readonly Mount[];

/** Routes of an app that log and metrics tell apart. */
const maxRoutes = 500;

/**
 * Lists what is mounted.
 *
 * @throws TypeError where one is no function, its path does not begin with `/`, or its timeout is not valid
 */
export function mountList(mounts: Mounts | undefined): readonly Mount[] {
  if (mounts === undefined) return [];
  const given: unknown = mounts;
  if (typeof given !== 'function' && !Array.isArray(given)) {
    throw new TypeError(
      `mount must be an Express application, or a list such as [{ app, path: '/old' }], not ${shownForm(mounts)}`,
    );
  }
  const list = (typeof mounts === 'function' ? [{ app: mounts }] : mounts).map(mountOf);
  for (const { app, path = '/', requestTimeoutMs = 1 } of list) {
    if (typeof app !== 'function') {
      throw new TypeError(`mount: app must be an Express application, a router or a listener, not ${shownForm(app)}`);
    }
    if (typeof path !== 'string' || !path.startsWith('/')) {
      throw new TypeError(`mount: a path must be a text that begins with /, not ${shownForm(path)}`);
    }
    expectTimerMs('mount: requestTimeoutMs', requestTimeoutMs);
  }
  return list;
}

/** @throws TypeError for what is no `{ app, path, … }` */
function mountOf(given: Mount): Mount {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(
      `mount lists applications as { app, path }: write [{ app }] for [app], not ${shownForm(given)}`,
    );
  }
  const mount = ownMembers(given);
  checkNames('mount', mount, mountNames);
  return mount;
}

const mountNames: readonly (keyof Mount)[] = ['app', 'path', 'requestTimeoutMs', 'securityHeaders'];

/** What mounted applications share. */
export interface MountDependencies {
  readonly answerFailure: AnswerFailure;
  /** Which methods paths take. */
  readonly methods: AllowedMethods;
  /** That of the app, in ms: it holds again for a request that a mounted application passes on. */
  readonly requestTimeoutMs: number;
}

/**
 * Mounts applications of others as they are: their pages, files, sessions, uploads and errors stay theirs, and the limits of
 * the kit hold for them. Their replies have none of the kit's headers for browsers.
 */
export function mountApps(app: Express, mounts: readonly Mount[], dependencies: MountDependencies): void {
  for (const mount of mounts) app.use(mount.path ?? '/', mounted(mount, dependencies));
}

function mounted(given: Mount, dependencies: MountDependencies): RequestHandler {
  const { answerFailure, methods } = dependencies;
  const { app, path = '/', requestTimeoutMs, securityHeaders = false } = given;
  if (isExpressApp(app)) adoptMessages(app, listenToReplies);
  const run = app as (req: Request, res: Response, next: (error?: unknown) => void) => unknown;
  const mount = { label: `mounted ${path}` };
  const hiddenHeaders = securityHeaders ? corsHeaderNames : [...corsHeaderNames, ...securityHeaderNames];
  const changeTimeout = requestTimeoutMs === undefined ? undefined : operationTimeout(requestTimeoutMs);
  const restoreTimeout = changeTimeout && operationTimeout(dependencies.requestTimeoutMs);
  const isKnown = routeMemory();
  return async function mounted(req, res, next) {
    const context = currentContext();
    if (context.requestId !== undefined) req.headers[headerNames.requestId] ??= context.requestId;
    changeTimeout?.(req, res, () => {});
    const place: MountedPlace = { mount };
    noteMounted(res, place);
    const onRoute = (route: VisitedRoute) => {
      place.visited = isKnown(route) ? route : undefined;
    };
    const visit = new AppVisit(app, req, res, { hiddenHeaders, onRoute });
    beforeHead(res, releaseEvents);
    if (req.method === 'OPTIONS') beforeHead(res, allowOf(req, methods));
    const onEnd = boundVisit(visit, res, answerFailure);
    const leave = (error?: unknown) => {
      onEnd();
      if (visit.isOver) return;
      // Express answers no 404 where a reply is on its way.
      if (!error && res.headersSent) return;
      if (!error) place.visited = undefined;
      visit.leave();
      restoreTimeout?.(req, res, () => {});
      next(foreignError(error ?? undefined));
    };
    try {
      await run(req, res, leave);
    } catch (error) {
      leave(error ?? new Error('a mounted app threw nothing'));
    }
  };
}

/** Which routes have a name of their own in log and metrics: the first {@link maxRoutes} of an app, since a router below `/users/:id` has a new path for each user. */
function routeMemory(): (route: VisitedRoute) => boolean {
  const known = new Set<string>();
  return ({ route, baseUrl }) => {
    const text = `${baseUrl}${route.path}`;
    if (known.size < maxRoutes) known.add(text);
    return known.has(text);
  };
}

/** Answers for an app that is late. Returns what to call once its work has ended. */
function boundVisit(visit: AppVisit, res: Response, answerFailure: AnswerFailure): () => void {
  const { promise: work, resolve: onEnd } = Promise.withResolvers<void>();
  const end = (reason: CallError) => {
    if (visit.isOver) return;
    const isLate = reason.code === 'deadline_exceeded';
    // A download or a stream has begun, and goes on for as long as it takes.
    if (isLate && res.headersSent) return releasePlace(res);
    if (isLate) {
      visit.interrupt();
      answerFailure(res, { error: reason, log: 'warn' }, reason);
    }
    ignoreLateWrites(res, onEnd);
  };
  requestLifetimeOf(currentContext())
    ?.boundWork(() => work)
    .catch(end);
  return onEnd;
}

/** Express answers OPTIONS by the routes of one router: the contract may have other methods of the path. */
function allowOf({ originalUrl }: Request, methods: AllowedMethods): (res: Response) => void {
  const [path = ''] = originalUrl.split('?', 1);
  return (res) => {
    const given = res.getHeader('Allow');
    if (given === undefined || methods.ofContract(path).length === 0) return;
    res.setHeader('Allow', methods.allow(path, String(given).split(/\s*,\s*/)));
  };
}

/** Events come now and then: their stream is idle in between, as a stream of the kit. */
function releaseEvents(res: Response): void {
  if (String(res.getHeader('content-type')).startsWith('text/event-stream')) releasePlace(res);
}

/** As in the app above. */
function listenToReplies(below: object): void {
  listenToHeads(below, closeIfUnread);
  listenToEnds(below, { beforeEnd: discardRest, onEnd: giveBackPlace, onLong: noteUnreadReply });
}
