import {
  AttemptsLeft,
  type CallContext,
  childTrace,
  currentContext,
  headerNames,
  now,
  parseAttemptsLeft,
  parseTraceparent,
  priorities,
  runInContext,
} from '@parley/contract';
import type { Request, RequestHandler } from 'express';
import { requestIdOf } from '../requests/request-id.ts';
import { RequestLifetime, requestLifetime, requestLifetimeOf } from '../requests/request-lifetime.ts';
import { callerOf } from '../tls/caller-identity.ts';

/** How a request's context is made. */
export interface CallContextOptions {
  /** The longest a request may take, in ms. A caller may ask for less with `x-request-timeout-ms`. */
  readonly requestTimeoutMs: number;
}

const duration = /^\d+$/;

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
    const requestId = requestIdOf(headers[headerNames.requestId]);
    res.setHeader(headerNames.requestId, requestId);
    const askedMs = askedTimeoutMs(headers[headerNames.timeoutMs]) ?? Number.POSITIVE_INFINITY;
    const timeoutMs = Math.min(requestTimeoutMs, askedMs);
    const end = new RequestLifetime(res, timeoutMs, askedMs < requestTimeoutMs);
    const context: OwnContext = {
      deadlineMs: now() + timeoutMs,
      get signal() {
        return end.signal;
      },
      requestId,
      trace: childTrace(
        parseTraceparent(text(headers[headerNames.traceparent]), text(headers[headerNames.tracestate])),
      ),
      [requestLifetime]: end,
    };
    addCallerHints(context, headers);
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
    const askedMs = askedTimeoutMs(req.headers[headerNames.timeoutMs]) ?? Number.POSITIVE_INFINITY;
    const lifetime = requestLifetimeOf(context);
    const timeoutMs = Math.min(requestTimeoutMs, askedMs);
    if (lifetime && context.deadlineMs !== undefined) {
      context.deadlineMs += lifetime.changeTimeout(timeoutMs, askedMs < requestTimeoutMs);
    }
    next();
  };
}

type OwnContext = { -readonly [Member in keyof CallContext]: CallContext[Member] } & {
  [requestLifetime]: RequestLifetime;
};
type Header = string | string[] | undefined;

function text(header: Header): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

/** Adds what the caller sent about its request, if it is valid: attempts left, priority, idempotency key, explain. */
function addCallerHints(context: OwnContext, headers: Request['headers']): void {
  const left = parseAttemptsLeft(headers[headerNames.attemptsLeft]);
  if (left !== undefined) context.attemptsLeft = new AttemptsLeft(left);
  const said = headers[headerNames.priority];
  const priority = said && priorities.find((one) => one === said);
  if (priority) context.priority = priority;
  const key = text(headers[headerNames.idempotencyKey]);
  if (key) context.idempotencyKey = key;
  if (headers[headerNames.explain] === '1') context.timings = [];
}

/** Reads the timeout that a caller asks for, in ms; undefined if the header is missing or not a whole number. */
export function askedTimeoutMs(asked: Header): number | undefined {
  return typeof asked === 'string' && duration.test(asked) ? Number(asked) : undefined;
}
