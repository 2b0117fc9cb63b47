import { CallError, headerNames } from '@parley/contract';
import type { Call, CallLayer, SendCall } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { reasonOf } from '../time/time-limit.ts';
import type { Reply } from '../transport/reply.ts';
import { Flight } from './flight.ts';

/** Whether identical calls share an answer. */
export type SingleFlightOptions = Pick<UpstreamOptions, 'singleFlight'>;

/**
 * Protects a service from identical calls at the same time: identical safe calls share one reply, or one failure, while it
 * is under way; nothing is kept after that. Identical is what has the same method, path, body and headers
 * (`authorization` among them), but for request id and trace. Never shared are streams, bytes (their receiver may change
 * them), and what asks something of its own of the wire.
 *
 * Each caller keeps its own deadline and signal; the request is cancelled when the last one has gone. Where the request
 * runs out of time, the callers with time left go on together with another one.
 *
 * Scope: upstream.
 *
 * @param hasUserCode whether attempt layers or interceptors of the user run below: they may distinguish callers that look the same here, so that
 *   nothing is shared
 */
export function singleFlight(options: Current<SingleFlightOptions>, hasUserCode: () => boolean): CallLayer {
  const flights = new Map<string, Flight>();
  return (next) =>
    function singleFlight(call) {
      if (!options.current.singleFlight || !isShareable(call) || hasUserCode()) return next(call);
      return share(flights, next, call);
    };
}

async function share(flights: Map<string, Flight>, next: SendCall, call: Call): Promise<Reply> {
  const key = keyOf(call);
  let { deadlineMs } = call;
  for (;;) {
    if (call.signal?.aborted) throw reasonOf(call.signal, call.label);
    const known = flights.get(key);
    if (known) call.story.join(known.story);
    const flight = known ?? start(flights, key, next, { ...call, deadlineMs });
    try {
      const reply = await flight.join(call);
      if (!isTooShort(flight, call, reply.error)) return reply;
    } catch (error) {
      if (!isTooShort(flight, call, error)) throw error;
    }
    // The latest of all that go on: otherwise each would start a flight that is too short for the next.
    deadlineMs = flight.latestDeadlineMs;
  }
}

function start(flights: Map<string, Flight>, key: string, next: SendCall, call: Call): Flight {
  const flight: Flight = new Flight(next, call, () => {
    if (flights.get(key) === flight) flights.delete(key);
  });
  flights.set(key, flight);
  return flight;
}

function isTooShort(flight: Flight, call: Call, failure: unknown): boolean {
  const isOutOfTime = failure instanceof CallError && failure.code === 'deadline_exceeded';
  return isOutOfTime && call.deadlineMs > flight.deadlineMs;
}

function isShareable({ safety, replyAs, wire, body }: Call): boolean {
  const isText = body === undefined || typeof body === 'string';
  return safety === 'safe' && replyAs === 'text' && wire === undefined && isText;
}

/** Headers that differ from call to call, and change no reply. */
const perCall = new Set<string>([
  headerNames.requestId,
  headerNames.traceparent,
  headerNames.tracestate,
  headerNames.timeoutMs,
  headerNames.attemptsLeft,
]);

function keyOf({ label, method, path, body, headers, maxAttempts, hedge }: Call): string {
  const parts: unknown[] = [label, method, path, body, maxAttempts, hedge];
  for (const name of Object.keys(headers)) if (!perCall.has(name)) parts.push(name, headers[name]);
  return JSON.stringify(parts);
}
