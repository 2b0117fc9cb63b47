import { randomUUID } from 'node:crypto';
import {
  AttemptsLeft,
  type CallContext,
  CallError,
  childTrace,
  headerNames,
  now,
  parseAttemptsLeft,
  parseTraceparent,
  priorities,
  runInContext,
} from '@parley/contract';
import type { Request, RequestHandler, Response } from 'express';
import { callerOf } from '../caller-identity.ts';

/** How a request's context is made. */
export interface CallContextOptions {
  /** The longest a request may take, in ms. A caller may ask for less with `x-request-timeout-ms`. */
  readonly requestTimeoutMs: number;
}

// Ids end up in logs and headers: nothing that could break a line or a query.
const safeId = /^[A-Za-z0-9._-]{1,128}$/;
const duration = /^\d{1,10}$/;

/**
 * Gives each request its context: id, trace, deadline, and a signal that fires when the client hangs up or
 * the deadline passes, so that nobody works on for nothing.
 */
export function callContext({ requestTimeoutMs }: CallContextOptions): RequestHandler {
  if (!(requestTimeoutMs > 0 && requestTimeoutMs <= 2_147_483_647)) {
    throw new TypeError(`requestTimeoutMs must be from 1 to 2147483647, the longest timer, not ${requestTimeoutMs}`);
  }
  return function callContext(req, res, next) {
    const requestId = requestIdOf(req);
    res.setHeader(headerNames.requestId, requestId);
    const timeoutMs = Math.min(requestTimeoutMs, askedTimeoutMs(req));
    const caller = callerOf(req.socket);
    const context: CallContext = {
      deadlineMs: now() + timeoutMs,
      signal: signalOf(res, timeoutMs),
      requestId,
      trace: childTrace(parseTraceparent(req.get(headerNames.traceparent), req.get(headerNames.tracestate))),
      ...saidBy(req),
      ...(caller && { caller }),
    };
    runInContext(context, next);
  };
}

function requestIdOf(req: Request): string {
  const given = req.get(headerNames.requestId) ?? '';
  return safeId.test(given) ? given : randomUUID();
}

/** What a caller may say of its request, where it does and where it makes sense. */
function saidBy(req: Request): CallContext {
  const left = parseAttemptsLeft(req.get(headerNames.attemptsLeft));
  const priority = priorities.find((one) => one === req.get(headerNames.priority));
  const key = req.get(headerNames.idempotencyKey) ?? '';
  return {
    ...(left !== undefined && { attemptsLeft: new AttemptsLeft(left) }),
    ...(priority && { priority }),
    ...(key && { idempotencyKey: key }),
    ...(req.get(headerNames.explain) === '1' && { timings: [] }),
  };
}

function askedTimeoutMs(req: Request): number {
  const text = req.get(headerNames.timeoutMs) ?? '';
  return duration.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}

function signalOf(res: Response, timeoutMs: number): AbortSignal {
  const controller = new AbortController();
  const late = () => controller.abort(new CallError('deadline_exceeded', `Not answered in ${timeoutMs} ms`));
  if (timeoutMs === 0) late();
  const timer = setTimeout(late, timeoutMs);
  res.once('close', () => {
    clearTimeout(timer);
    if (!res.writableFinished) controller.abort(new CallError('cancelled', 'client went away'));
  });
  return controller.signal;
}
