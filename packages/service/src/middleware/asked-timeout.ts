import { CallError, headerNames, requestedTimeoutMs } from '@parley/contract';
import type { RequestHandler } from 'express';

const message = 'must be whole milliseconds, once, in digits';
// Made once: its stack, which is of no use here, would cost more than all the rest of a refusal.
const malformed = new CallError('invalid_input', `${headerNames.timeoutMs} ${message}`, {
  issues: [{ path: headerNames.timeoutMs, message }],
});
const noTimeLeft = new CallError('deadline_exceeded', `${headerNames.timeoutMs} is 0: no time is left for an answer`);

/**
 * Refuses a request whose `x-request-timeout-ms` leaves no time (0) with 504, and one whose header is no time at all
 * (negative, no number, two of them) with 400, before it costs anything. To begin it would be in vain, and its quick failure
 * would pass for a fault of this service.
 */
export function askedTimeout(): RequestHandler {
  return function askedTimeout(req, _res, next) {
    if (req.headers[headerNames.timeoutMs] === undefined) return next();
    const ms = requestedTimeoutMs(req.headers);
    if (ms === undefined) next(malformed);
    else if (ms === 0) next(noTimeLeft);
    else next();
  };
}
