import { CallError, currentContext, headerNames, problemMediaType, problemOf } from '@parley/contract';
import type { Response } from 'express';
import { noteCode } from '../replies/answered-code.ts';
import type { Refused } from './admission.ts';

// Made once: its stack, which is of no use here, would cost more than all the rest of a refusal.
const errors: Readonly<Record<Refused, CallError>> = {
  overloaded: new CallError(
    'overloaded',
    'This service has as much to do as it can: come back, or ask another replica',
  ),
  rate_limited: new CallError('rate_limited', 'This caller has more than its share of this service, which others need'),
};

const refused = new WeakSet<Response>();

/** Refuses a request at once: 503, or 429 where its caller has more than its share. Reads no body and keeps the connection. */
export function refuse(res: Response, reason: Refused, returnSeconds: number): void {
  refused.add(res);
  const error = errors[reason];
  noteCode(res, error.code);
  const body = JSON.stringify(problemOf(error, undefined, currentContext().requestId));
  res.writeHead(error.status, {
    'Content-Type': `${problemMediaType}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    [headerNames.retryAfter]: String(returnSeconds),
  });
  res.end(body);
}

/** Whether a response is a refusal: what the service means to say under load, and no error of it. */
export function isRefusal(res: Response): boolean {
  return refused.has(res);
}
