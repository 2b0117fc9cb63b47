import { randomUuid } from '../random/random-ids.ts';
import { headerNames } from '../wire/header-names.ts';
import { AttemptsLeft, parseAttemptsLeft } from './attempts-left.ts';
import { parseBaggage } from './baggage.ts';
import { type CallContext, priorities } from './call-context.ts';
import { parseMinVersions } from './min-versions.ts';
import { parseTraceparent, receivedTrace } from './trace-context.ts';

/** Headers of a request, with names in lower case. A header that came twice may be a list. */
export type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A context while it is made. */
export type MutableContext = { -readonly [Member in keyof CallContext]: CallContext[Member] };

// Ids end up in logs and headers: no character that could break a line or a query.
const safeId = /^[A-Za-z0-9._-]{1,128}$/;
const digits = /^\d+$/;

/**
 * The request id of `x-request-id`, or a new one where there is none or where it is not 1 to 128 letters, digits, `.`, `_`
 * and `-`.
 */
export function requestIdOf(headers: ReceivedHeaders): string {
  const given = headers[headerNames.requestId];
  return typeof given === 'string' && safeId.test(given) ? given : randomUuid();
}

/** The time that the caller still has, in ms, from `x-request-timeout-ms`. Undefined without it, or if it isn't digits only. */
export function requestedTimeoutMs(headers: ReceivedHeaders): number | undefined {
  const asked = headers[headerNames.timeoutMs];
  return typeof asked === 'string' && digits.test(asked) ? Number(asked) : undefined;
}

/**
 * Adds what the headers of a request tell about its context: the trace (a span of its own in the caller's trace, or a new
 * trace), and where the header is there and valid: baggage, attempts left, least versions, priority, and a place for timings. The idempotency key is
 * taken as it came: `idempotencyKeyOf` refuses what is no key.
 * Request id and deadline are left to the server, since it bounds them: see {@link requestIdOf}, {@link requestedTimeoutMs}.
 */
export function addReceivedContext(context: MutableContext, headers: ReceivedHeaders): void {
  context.trace = receivedTrace(
    parseTraceparent(single(headers[headerNames.traceparent]), single(headers[headerNames.tracestate])),
  );
  const baggage = parseBaggage(headers[headerNames.baggage]);
  if (baggage !== undefined) context.baggage = baggage;
  const left = parseAttemptsLeft(headers[headerNames.attemptsLeft]);
  if (left !== undefined) context.attemptsLeft = new AttemptsLeft(left);
  const minVersions = parseMinVersions(headers[headerNames.minVersions]);
  if (minVersions) context.minVersions = minVersions;
  const given = headers[headerNames.priority];
  const priority = given && priorities.find((one) => one === given);
  if (priority) context.priority = priority;
  const key = headers[headerNames.idempotencyKey];
  // Also an empty one, or two: to take these for none would run the operation each time.
  if (key !== undefined) context.idempotencyKey = typeof key === 'string' ? key : key.join(', ');
  if (headers[headerNames.explain] === '1') context.timings = [];
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
