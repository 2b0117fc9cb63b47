import {
  addReceivedContext,
  currentContext,
  headerNames,
  type MutableContext,
  noMembers,
  now,
  requestedTimeoutMs,
  requestIdOf,
  runInContext,
} from '@parley/contract';
import type { RequestHandler } from 'express';
import { RequestLifetime, requestLifetime, requestLifetimeOf } from '../requests/request-lifetime.ts';
import { callerOf } from '../tls/caller-identity.ts';

/** How a request's context is made. */
export interface CallContextOptions {
  /** The longest a request may take, in ms. A caller may ask for less with `x-request-timeout-ms`. */
  readonly requestTimeoutMs: number;
}

/**
 * Gives each request its context: id, trace, deadline, and a signal. The signal fires when the client disconnects or the
 * deadline passes, so that the handler can stop.
 */
export function callContext({ requestTimeoutMs }: CallContextOptions): RequestHandler {
  if (!(requestTimeoutMs > 0 && requestTimeoutMs <= 2_147_483_647)) {
    throw new TypeError(`requestTimeoutMs must be from 1 to 2147483647, the longest timer, not ${requestTimeoutMs}`);
  }
  return function callContext(req, res, next) {
    const { headers } = req;
    const requestId = requestIdOf(headers);
    res.setHeader(headerNames.requestId, requestId);
    const askedMs = requestedTimeoutMs(headers) ?? Number.POSITIVE_INFINITY;
    const timeoutMs = Math.min(requestTimeoutMs, askedMs);
    const end = new RequestLifetime(res, timeoutMs, askedMs < requestTimeoutMs);
    const context = {
      __proto__: noMembers, // without a copy, which would ask for the signal
      deadlineMs: now() + timeoutMs,
      get signal() {
        return end.signal;
      },
      requestId,
      [requestLifetime]: end,
    } as OwnContext;
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

type OwnContext = MutableContext & { [requestLifetime]: RequestLifetime };
