import type { Contract, Handler, Handlers } from '@parley/contract';
import express, { type Express } from 'express';
import type { Logger } from 'pino';
import { type AuthenticationOptions, authentication } from './authentication.ts';
import { http2Express } from './http2-express.ts';
import { createLogger } from './logger.ts';
import { accessLog } from './middleware/access-log.ts';
import { auth } from './middleware/auth.ts';
import { body } from './middleware/body.ts';
import { callContext } from './middleware/call-context.ts';
import { compression } from './middleware/compression.ts';
import { type CorsOptions, cors } from './middleware/cors.ts';
import { openapiDocument, openapiOperation } from './middleware/openapi-document.ts';
import { problem } from './middleware/problem.ts';
import { runningOperation } from './middleware/running-operation.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { unmatched } from './middleware/unmatched.ts';
import { validatedHandler } from './middleware/validated-handler.ts';
import { operationRoutes } from './operation-routes.ts';
import { mostSpecificFirst } from './routes.ts';
import { stack } from './stack.ts';

/** How an app treats its requests. */
export interface AppOptions extends AuthenticationOptions {
  /** Default: JSON lines on standard output from level `info` up. */
  readonly logger?: Logger;
  /** The largest body that is read, in bytes, also after inflation. Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** The longest a request may take, in ms; a caller may ask for less. Default 10 000. */
  readonly requestTimeoutMs?: number;
  /** How many proxies in front add to `X-Forwarded-For`: the exact count, since one more believes the client. Default 1, the gateway. */
  readonly trustedProxies?: number;
  /** A stream that is silent for so long sends a heartbeat. Below the gateway's read timeout of 12 s. Default 10 000. */
  readonly heartbeatMs?: number;
  /** Which pages of other origins may call from a browser. Default: none. */
  readonly cors?: CorsOptions;
  /** Fires when the service stops: streams end, and say so. `serve` has its own. */
  readonly stopping?: AbortSignal;
  /** Version of the API, for its OpenAPI document. Default `1.0.0`. */
  readonly version?: string;
}

/**
 * Makes the Express app that serves a contract. The order of the middleware is written here and nowhere else:
 * first listed sees the request first.
 *
 * @throws TypeError where an operation has no handler, or its `auth` asks for what is not configured
 */
export function createApp<C extends Contract>(contract: C, handlers: Handlers<C>, options: AppOptions = {}): Express {
  const { logger = createLogger(contract.name), bodyLimitBytes = 1_048_576, requestTimeoutMs = 10_000 } = options;
  const streams = { logger, heartbeatMs: options.heartbeatMs ?? 10_000, stopping: options.stopping };
  const routes = mostSpecificFirst(contract.operations);
  const verifyToken = authentication(contract, options, logger);
  const app = createExpress(options.trustedProxies ?? 1);

  app.use(
    stack(
      callContext({ requestTimeoutMs }), // outermost: everything below knows request id, trace and deadline
      accessLog({ logger }), // above all that answers: sees every answer, and how long it took
      securityHeaders(), // above all that answers: problems carry them too
      cors(options.cors, contract), // above all that answers: a page may read problems too
      compression(), // above all that answers at length
      operationRoutes(
        routes.map(([name, operation]) => ({
          operation,
          serve: stack(
            runningOperation(operation), // first in a route: from here on log and problem know the operation
            auth({ operation, verifyToken, logger }), // above body: a stranger's is never read
            body({ operation, bodyLimitBytes }), // in a route: a body that no operation wants is never read
            validatedHandler(operation, handlerOf(handlers, name), streams), // below body: needs it parsed
          ),
        })),
      ),
    ),
  );
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

function handlerOf(handlers: object, name: string): Handler {
  const handler = (handlers as Record<string, Handler | undefined>)[name];
  if (typeof handler !== 'function') throw new TypeError(`handlers lack ${name}, which the contract promises`);
  return handler.bind(handlers);
}
