import {
  addReceivedContext,
  currentContext,
  headerNames,
  type MutableContext,
  noMembers,
  now,
  ownMembers,
  requestedTimeoutMs,
  requestIdOf,
  runInContext,
} from '@parley/contract';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { expectTimerMs } from '../options/timer.ts';
import { RequestLifetime, requestLifetime, requestLifetimeOf } from '../requests/request-lifetime.ts';
import { callerOf } from '../tls/caller-identity.ts';
import { labelOf } from './running-operation.ts';

/** How a request's context is made. */
export interface CallContextOptions {
  /** The longest a request may take, in ms. A caller may ask for less with `x-request-timeout-ms`. */
  readonly requestTimeoutMs: number;
  /** What the `log` of a context is made of. */
  readonly logger: Logger;
}

/**
 * Gives each request its context: id, trace, deadline, and a signal. The signal fires when the client disconnects or the
 * deadline passes, so that the handler can stop.
 */
export function callContext({ requestTimeoutMs, logger }: CallContextOptions): RequestHandler {
  expectTimerMs('requestTimeoutMs', requestTimeoutMs);
  const withLog = logging(logger);
  return function callContext(req, res, next) {
    const { headers } = req;
    const requestId = requestIdOf(headers);
    res.setHeader(headerNames.requestId, requestId);
    const askedMs = requestedTimeoutMs(headers) ?? Number.POSITIVE_INFINITY;
    const timeoutMs = Math.min(requestTimeoutMs, askedMs);
    const end = new RequestLifetime(res, timeoutMs, askedMs < requestTimeoutMs);
    const context = {
      __proto__: withLog, // and no copy by `ownMembers`, which would ask for the signal
      deadlineMs: now() + timeoutMs,
      requestId,
      [requestLifetime]: end,
      [response]: res,
    } as OwnContext;
    Object.defineProperty(context, 'signal', signal);
    addReceivedContext(context, headers);
    const caller = callerOf(req.socket);
    if (caller) context.caller = caller;
    runInContext(context, next);
  };
}

/**
 * Gives the requests of one operation another timeout than the app's, in ms. A caller may still ask for less. The time
 * counts from when the request arrived.
 */
export function operationTimeout(requestTimeoutMs: number): RequestHandler {
  return function operationTimeout(req, _res, next) {
    const context = currentContext() as OwnContext;
    const askedMs = requestedTimeoutMs(req.headers) ?? Number.POSITIVE_INFINITY;
    const lifetime = requestLifetimeOf(context);
    const timeoutMs = Math.min(requestTimeoutMs, askedMs);
    if (lifetime && context.deadlineMs !== undefined) {
      context.deadlineMs += lifetime.changeTimeout(timeoutMs, askedMs < requestTimeoutMs);
    }
    next();
  };
}

const response = Symbol('response');
const ownLog = Symbol('own log');

/**
 * One getter for all contexts, as a getter of each would give each a hidden class of its own. Its own member: copies have it too.
 * Without a prototype: a `value` in `Object.prototype` would be one of the descriptor's too.
 */
const signal = ownMembers<PropertyDescriptor>({
  get(this: OwnContext) {
    return this[requestLifetime].signal;
  },
  enumerable: true,
  configurable: true,
});

type OwnContext = MutableContext & { [requestLifetime]: RequestLifetime; [response]: Response; [ownLog]?: Logger };

/** A prototype, so that contexts of calls, which are copies, don't make a logger each; and made only where it is asked for. */
function logging(logger: Logger): object {
  const log = ownMembers({
    get(this: OwnContext) {
      const { requestId, trace } = this;
      const operation = labelOf(this[response]);
      this[ownLog] ??= logger.child({ requestId, traceId: trace?.traceId, operation });
      return this[ownLog];
    },
  });
  return Object.create(noMembers, ownMembers({ log }));
}
