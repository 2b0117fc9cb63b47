import { headerNames } from '@parley/contract';
import type { Call, CallLayer } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { SharedFlights } from './shared-flights.ts';

/** Whether identical calls share an answer. */
export type SingleFlightOptions = Pick<UpstreamOptions, 'singleFlight'>;

/**
 * Protects a service from identical calls at the same time: identical safe calls share one reply, or one failure, while it
 * is under way; nothing is kept after that. Identical is what has the same method, path, body and headers
 * (`authorization` among them), but for request id and trace, and the same options of repetition. Never shared are streams, bytes (their receiver may change
 * them), and what asks something of its own of the wire. A call that begins after a write of this upstream has ended joins no
 * request that was under way before.
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
  const flights = new SharedFlights();
  let writes = 0;
  return (next) =>
    function singleFlight(call) {
      if (!options.current.singleFlight || hasUserCode()) return next(call);
      // A read that begins after a write joins none that began before it: the cache above would store that as newer than it is.
      if (call.safety !== 'safe') return next(call).finally(() => void writes++);
      return isShareable(call) ? flights.share(`${writes} ${keyOf(call)}`, next, call) : next(call);
    };
}

function isShareable({ replyAs, wire, body }: Call): boolean {
  const isText = body === undefined || typeof body === 'string';
  return replyAs === 'text' && wire === undefined && isText;
}

/** Headers that differ from call to call, and change no reply. */
const perCall = new Set<string>([
  headerNames.requestId,
  headerNames.traceparent,
  headerNames.tracestate,
  headerNames.timeoutMs,
  headerNames.attemptsLeft,
]);

function keyOf({ label, method, path, body, headers, maxAttempts, attemptTimeoutMs, hedge, context }: Call): string {
  // A call that the request being served has no attempts left for is not retried: others must not fail with it.
  const isTriedOnce = context.attemptsLeft?.count === 0;
  // A text: JSON has no Infinity, and a call that is meant to take long may wait for a replica that hangs.
  const parts: unknown[] = [label, method, path, body, maxAttempts, `${attemptTimeoutMs}`, hedge, isTriedOnce];
  // A request that is under way may be older than what this caller has written.
  if (context.minVersions) parts.push(String(context.minVersions));
  for (const name of Object.keys(headers)) if (!perCall.has(name)) parts.push(name, headers[name]);
  return JSON.stringify(parts);
}
