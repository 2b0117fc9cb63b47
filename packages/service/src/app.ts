import {
  type Contract,
  type Handler,
  type Handlers,
  type Operation,
  ownMember,
  ownMembers,
  queryParser,
} from '@parley/contract';
import express, { type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import { TrustedProxies } from './addresses/trusted-proxies.ts';
import { type AppOptions, appForms, type MountedAppOptions, mountedAppForms } from './app-options.ts';
import { closeIfUnread, discardRest } from './connections/unread-bodies.ts';
import { noteUnreadReply } from './connections/unread-replies.ts';
import { listenToHeads } from './express/before-head.ts';
import { beforeRouter } from './express/before-router.ts';
import { useCallerAddress } from './express/caller-address.ts';
import { http2Express } from './express/http2-express.ts';
import { operationRoutes } from './express/operation-routes.ts';
import { listenToEnds } from './express/reply-end.ts';
import { stack } from './express/stack.ts';
import { readYourWrites } from './handlers/read-your-writes.ts';
import { validatedHandler } from './handlers/validated-handler.ts';
import { idempotency } from './idempotency/idempotency.ts';
import { accessLog } from './middleware/access-log.ts';
import { AllowedMethods } from './middleware/allowed-methods.ts';
import { askedTimeout } from './middleware/asked-timeout.ts';
import { auth } from './middleware/auth.ts';
import { body } from './middleware/body.ts';
import { cacheHeaders } from './middleware/cache-headers.ts';
import { callContext, operationTimeout } from './middleware/call-context.ts';
import { compression } from './middleware/compression.ts';
import { conditions } from './middleware/conditions.ts';
import { cors } from './middleware/cors.ts';
import { deprecation } from './middleware/deprecation.ts';
import { extras, type HandlersWith } from './middleware/extras.ts';
import { loadReport } from './middleware/load-report.ts';
import { giveBackPlace, loadShedding } from './middleware/load-shedding.ts';
import { type Mounts, mountApps, mountList } from './middleware/mount-apps.ts';
import { openapiDocument, openapiOperation } from './middleware/openapi-document.ts';
import { failureAnswer, problem } from './middleware/problem.ts';
import { runningOperation } from './middleware/running-operation.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { serverTiming } from './middleware/server-timing.ts';
import { unmatched } from './middleware/unmatched.ts';
import { createLogger } from './process/logger.ts';
import { standardOptions } from './process/standard-options.ts';
import { weakTag } from './replies/entity-tag.ts';
import { checkedOperationOptions, type OperationOptions } from './requests/operation-options.ts';
import { type Served, servedContract } from './served.ts';
import { Load } from './shedding/load.ts';
import { ShedLog } from './shedding/shed-log.ts';
import { ServiceTelemetry } from './telemetry/service-events.ts';
import { authentication } from './tokens/authentication.ts';

/**
 * Makes the Express app that serves applications as they are, without a contract.
 *
 * @throws TypeError where an option makes no sense
 */
export function createApp(mount: Mounts, options?: MountedAppOptions): Express;
/**
 * Makes the Express app that serves a contract. The order of the middleware is written here and nowhere else:
 * first listed sees the request first.
 *
 * @throws TypeError where an operation has no handler, an option makes no sense or names an operation that the contract lacks, or an operation's `auth` asks for what is
 *   not configured
 */
export function createApp<C extends Contract, Extras = undefined>(
  contract: C,
  handlers: HandlersWith<C, NoInfer<Extras>>,
  options?: AppOptions<NoInfer<C>, Extras>,
): Express;
export function createApp<C extends Contract>(...served: Served<C, AppOptions<C>, MountedAppOptions>): Express {
  const { contract, handlers, options } = servedContract(served, createAppForms);
  return appOf(contract, handlers, options);
}

const createAppForms = { caller: 'createApp', contract: appForms, mounted: mountedAppForms };

/** As {@link createApp}, for options that were checked before. */
export function appOf<C extends Contract>(contract: C, handlers: Handlers<C>, given: AppOptions<C>): Express {
  const options = ownMembers(given);
  const own = checkedOperationOptions(contract, options.operations ?? {});
  const { logger = createLogger(contract.name), requestTimeoutMs = standardOptions.requestTimeoutMs } = options;
  const { heartbeatMs = standardOptions.heartbeatMs, stopping, compressBelow } = options;
  const streams = { logger, heartbeatMs, stopping };
  const keyed = idempotency(options.idempotency, logger);
  const versions = readYourWrites(options.readYourWrites, contract, logger);
  const routes = Object.entries(contract.operations);
  const verifyToken = authentication(contract, options, logger);
  const encode = compression({ compressBelow });
  const answerFailure = failureAnswer({ logger, mapping: options.errors });
  const load = new Load({ maxInFlight: options.maxInFlight ?? standardOptions.maxInFlight });
  const telemetry = new ServiceTelemetry([new ShedLog(logger), ...(options.listeners ?? [])]);
  telemetry.emit('onLoad', load);

  const first = stack(
    callContext({ requestTimeoutMs, logger }), // outermost: everything below knows request id, trace and deadline
    accessLog({ logger, telemetry }), // above all that answers: sees every answer, and how long it took
    securityHeaders(), // above all that answers: problems carry them too
    cors(options.cors, contract), // above all that answers: a page may read problems too
    askedTimeout(), // above all that takes a place: what cannot be answered in time is not begun
    serverTiming({ service: contract.name }), // above what takes time
    loadShedding({ load, telemetry }), // above all that costs something
    loadReport({ load }), // below: a refused request does not need it
    ...(options.middleware ?? []), // the user's own: below load shedding, so that a refused request costs nothing; above auth, which may read a session
    operationRoutes(
      routes.map(([name, operation]) => ({
        operation,
        serve: stack(
          runningOperation(operation), // first in a route: from here on log and problem know the operation
          ...deprecation(operation), // above all that answers: a caller that is refused should know too
          ...timeoutOf(own[name]), // above what waits
          auth({ ...options, operation: withBodyLimit(operation, own[name]), verifyToken, logger }), // above body: a stranger's is never read
          ...middlewareOf(own[name]), // below auth: a stranger never reaches it
          ...extrasOf(options), // below middleware of the app's own, which may make a session
          cacheHeaders(operation), // above the handler, which may find that its caller has the reply already
          conditions(encode), // above the handler, which may compare versions
          body({ ...options, operation: withBodyLimit(operation, own[name]) }), // in a route: a body that no operation wants is never read
          validatedHandler(operation, handlerOf(handlers, name), { streams, keyed, versions, encode }), // below body: needs it parsed
        ),
      })),
    ),
  );
  const app = beforeRouter(createExpress(logger, options), first, problem({ answerFailure }));
  if (routes.length > 0) {
    app.get(
      openapiOperation.path.template,
      runningOperation(openapiOperation),
      compression({ compressBelow }), // for the document alone: operations compress what is long themselves, and mounted apps what they like
      openapiDocument(contract, options), // below the contract, which may have its own; above apps that take every path
    );
  }
  const methods = methodsOf(contract, options.mount);
  mountApps(app, mountList(options.mount), { answerFailure, methods, requestTimeoutMs }); // below the contract, which takes over one route after the other
  app.use(unmatched(methods)); // below every route: what none of them took
  app.use(problem({ answerFailure })); // innermost: whatever was thrown above ends here
  return http2Express(listenToEnds(listenToHeads(app, closeIfUnread), replyEnds));
}

const replyEnds = { beforeEnd: discardRest, onEnd: giveBackPlace, onLong: noteUnreadReply };

function methodsOf(contract: Contract, mounts: Mounts | undefined): AllowedMethods {
  const served = Object.values(contract.operations);
  return new AllowedMethods(served.length > 0 ? [...served, openapiOperation] : [], mountList(mounts));
}

function timeoutOf(options: OperationOptions = {}): readonly RequestHandler[] {
  const requestTimeoutMs = ownMember(options, 'requestTimeoutMs');
  return requestTimeoutMs === undefined ? [] : [operationTimeout(requestTimeoutMs)];
}

function middlewareOf(options: OperationOptions = {}): readonly RequestHandler[] {
  return ownMember(options, 'middleware') ?? [];
}

function extrasOf({ extras: given }: Pick<AppOptions, 'extras'>): readonly RequestHandler[] {
  return given ? [extras(given)] : [];
}

function withBodyLimit(operation: Operation, options: OperationOptions = {}): Operation {
  const maxBytes = ownMember(options, 'bodyLimitBytes');
  return maxBytes === undefined ? operation : { ...operation, bodyLimits: { ...operation.bodyLimits, maxBytes } };
}

function createExpress(
  logger: Logger,
  { trustedProxies = [], maxQueryParameters = standardOptions.maxQueryParameters }: AppOptions,
): Express {
  const app = express();
  app.disable('x-powered-by');
  useCallerAddress(app, new TrustedProxies(trustedProxies), ignoredProxyLog(logger));
  app.set('query parser', queryParser({ maxParameters: maxQueryParameters }));
  app.set('etag', weakTag);
  // One operation, one URL: limits and caches in front compare text.
  app.enable('case sensitive routing');
  app.enable('strict routing');
  return app;
}

/** One line for a deployment that forgot to name its proxy: each of its callers counts as the proxy then. */
function ignoredProxyLog(logger: Logger): (peer: string) => void {
  let isSaid = false;
  return (peer) => {
    if (isSaid) return;
    isSaid = true;
    logger.warn({ peer }, 'x-forwarded-for is ignored: its peer is not in trustedProxies (TRUSTED_PROXIES)');
  };
}

function handlerOf(handlers: object, name: string): Handler {
  const handler = (handlers as Record<string, Handler | undefined>)[name];
  if (typeof handler !== 'function') throw new TypeError(`handlers lack ${name}, which the contract promises`);
  return handler.bind(handlers);
}
