import type { Contract, Handler, Handlers, Method, Operation } from '@parley/contract';
import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { http2Express } from './http2-express.ts';
import { createLogger } from './logger.ts';
import { accessLog } from './middleware/access-log.ts';
import { body } from './middleware/body.ts';
import { callContext } from './middleware/call-context.ts';
import { compression } from './middleware/compression.ts';
import { loadReport } from './middleware/load-report.ts';
import { loadShedding } from './middleware/load-shedding.ts';
import { openapiDocument, openapiOperation } from './middleware/openapi-document.ts';
import { problem } from './middleware/problem.ts';
import { runningOperation } from './middleware/running-operation.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { serverTiming } from './middleware/server-timing.ts';
import { unmatched } from './middleware/unmatched.ts';
import { validatedHandler } from './middleware/validated-handler.ts';
import { expressPath, mostSpecificFirst } from './routes.ts';
import { Load } from './shedding/load.ts';
import { ShedLog } from './shedding/shed-log.ts';

/** How an app treats its requests. */
export interface AppOptions {
  /** Default: JSON lines on standard output from level `info` up. */
  readonly logger?: Logger;
  /** The largest body that is read, in bytes, also after inflation. Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** The longest a request may take, in ms; a caller may ask for less. Default 10 000. */
  readonly requestTimeoutMs?: number;
  /**
   * How many requests may be in flight before some are refused: `adaptive` finds out what the service can take (from 20
   * to 1000), Infinity refuses nothing. Background requests may fill 60 % of it, normal ones 90 %. Default `adaptive`.
   */
  readonly maxInFlight?: number | 'adaptive';
  /** How many proxies in front add to `X-Forwarded-For`: the exact count, since one more believes the client. Default 1, the gateway. */
  readonly trustedProxies?: number;
  /** A stream that is silent for so long sends a heartbeat. Below the gateway's read timeout of 12 s. Default 10 000. */
  readonly heartbeatMs?: number;
  /** Fires when the service stops: streams end, and say so. `serve` has its own. */
  readonly stopping?: AbortSignal;
  /** Version of the API, for its OpenAPI document. Default `1.0.0`. */
  readonly version?: string;
}

/**
 * Makes the Express app that serves a contract. The order of the middleware is written here and nowhere else:
 * first listed sees the request first.
 *
 * @throws TypeError where an operation has no handler, or an option makes no sense
 */
export function createApp<C extends Contract>(contract: C, handlers: Handlers<C>, options: AppOptions = {}): Express {
  const { logger = createLogger(contract.name), bodyLimitBytes = 1_048_576, requestTimeoutMs = 10_000 } = options;
  const streams = { logger, heartbeatMs: options.heartbeatMs ?? 10_000, stopping: options.stopping };
  const routes = mostSpecificFirst(contract.operations);
  const load = new Load({ maxInFlight: options.maxInFlight ?? 'adaptive' });
  const app = createExpress(options.trustedProxies ?? 1);

  app.use(callContext({ requestTimeoutMs })); // outermost: everything below knows request id, trace and deadline
  app.use(accessLog({ logger })); // above all that answers: sees every answer, and how long it took
  app.use(securityHeaders()); // above all that answers: problems carry them too
  app.use(serverTiming({ service: contract.name })); // above what takes time
  app.use(loadShedding({ load, log: new ShedLog(logger) })); // above all that costs something
  app.use(loadReport({ load })); // below: nobody who is refused needs it
  app.use(compression()); // above all that answers at length
  for (const [name, operation] of routes) {
    app[methodOf(operation)](
      expressPath(operation),
      runningOperation(operation), // first in a route: from here on log and problem know the operation
      body({ operation, bodyLimitBytes }), // in a route: a body that no operation wants is never read
      validatedHandler(operation, handlerOf(handlers, name), streams), // below body: needs it parsed
    );
  }
  app.get(openapiOperation.path.template, openapiDocument(contract, options.version)); // below the contract, which may have its own
  app.use(unmatched([...routes.map(([, operation]) => operation), openapiOperation])); // below every route: what none of them took
  app.use(problem({ logger })); // innermost: whatever was thrown above ends here
  return app;
}

function createExpress(trustedProxies: number): Express {
  const app = http2Express(express());
  app.disable('x-powered-by');
  app.set('trust proxy', trustedProxies);
  app.set('query parser', 'simple');
  // One operation, one URL: limits and caches in front compare text.
  app.enable('case sensitive routing');
  app.enable('strict routing');
  return app;
}

function methodOf({ method }: Operation) {
  return method.toLowerCase() as Lowercase<Method>;
}

function handlerOf(handlers: object, name: string): Handler {
  const handler = (handlers as Record<string, Handler | undefined>)[name];
  if (typeof handler !== 'function') throw new TypeError(`handlers lack ${name}, which the contract promises`);
  return handler.bind(handlers);
}
