import { ownMembers } from '@parley/contract';
import { balancer, type Endpoints } from './balancing/balancer.ts';
import { Attribution } from './breaker/attribution.ts';
import { circuitBreaker } from './breaker/circuit-breaker-layer.ts';
import type { PoisonRequests } from './breaker/poison-requests.ts';
import { cache } from './cache/cache.ts';
import { bearerToken } from './call/bearer-token.ts';
import type { CallQueue } from './call/call-queue.ts';
import { concurrencyLimit } from './call/concurrency-limit.ts';
import { deadline } from './call/deadline.ts';
import { hedge } from './call/hedge.ts';
import { retry } from './call/retry.ts';
import type { RetryBudget } from './call/retry-budget.ts';
import { singleFlight } from './call/single-flight.ts';
import { attemptTimeout } from './endpoint/attempt-timeout.ts';
import type { EndpointState } from './endpoint/create-endpoint.ts';
import { type AttemptLayer, type CallLayer, type SendAttempt, type SendCall, stack } from './layer.ts';
import { cacheSettings } from './options/cache-options.ts';
import type { Current } from './options/current-options.ts';
import type { UpstreamOptions } from './options/upstream-options.ts';
import type { ActiveStreams } from './streams/active-streams.ts';
import { firstByte } from './streams/first-byte.ts';
import { attemptSpan } from './telemetry/attempt-span.ts';
import { CallEvents } from './telemetry/call-events.ts';
import { attemptTelemetry, callTelemetry, type Telemetry } from './telemetry/telemetry.ts';

/** What all calls to one upstream share. */
export interface UpstreamShared {
  readonly name: string;
  readonly options: Current<UpstreamOptions>;
  readonly telemetry: Telemetry;
  readonly queue: CallQueue;
  readonly budget: RetryBudget;
  readonly poison: PoisonRequests;
  readonly endpoints: Endpoints;
  readonly streams: ActiveStreams;
  /** The user's attempt layers or axios interceptors see every attempt, and may change it. */
  readonly hasUserCode: () => boolean;
  /** The user's own layers. */
  readonly layers: UserLayers;
}

/** Layers of a user's own. In each half the first listed sees the request first. */
export interface UserLayers {
  /** Run once per call, right below the deadline: it bounds what they do. */
  readonly call: readonly CallLayer[];
  /** Run once per attempt, right below the attempt timeout: it bounds what they do. */
  readonly attempt: readonly AttemptLayer[];
}

/** Fills in what is missing. @throws TypeError for anything but lists of functions below `call` and `attempt` */
export function checkedLayers(layers: Partial<UserLayers> = {}): UserLayers {
  const { call = [], attempt = [], ...others } = ownMembers(layers);
  const [stray] = Object.keys(others);
  if (stray !== undefined) throw new TypeError(`layers must have call and attempt only, not ${stray}`);
  for (const [half, list] of Object.entries({ call, attempt })) {
    const isFine = Array.isArray(list) && list.every((layer) => typeof layer === 'function');
    if (!isFine) throw new TypeError(`layers.${half} must be a list of functions from one way of sending to another`);
  }
  return { call, attempt };
}

// The order of the way out, in two halves: above the balancer once per call, below it once per attempt.
// The first listed sees the request first.

/** The upper half: from the caller to the choice of an endpoint. */
export function callPipeline(shared: UpstreamShared): SendCall {
  const { name, options, telemetry, queue, budget, poison, endpoints, hasUserCode, layers } = shared;
  const { clock, random } = options.current;
  const events = new CallEvents(telemetry, name);
  const callTimeoutMs = () => options.current.callTimeoutMs;
  const cacheDependencies = { upstream: name, clock, telemetry, callTimeoutMs, hasUserCode };
  const perCall = stack(
    callTelemetry(telemetry, name, clock), // outermost: sees what the caller sees
    deadline(clock), // above retry: bounds every attempt and every wait together
    ...layers.call, // the user's own: bounded by the deadline; above all that saves work, so that they see every call
    bearerToken(options), // below the deadline, which bounds getting one; above what shares replies, so that nobody gets one for another token
    cache(cacheSettings(options.current.cache), cacheDependencies), // below the deadline: each caller keeps its own; above all that sends: a hit costs nothing more
    singleFlight(options, hasUserCode), // below the deadline: each caller keeps its own; above the rest: a call that joins costs nothing more
    concurrencyLimit(queue, clock, events), // below the deadline: it bounds the queue; above retry: a call holds one place however often it tries
  );
  const toTries = retry(options, { budget, poison, clock, random, events }); // above the balancer: each attempt chooses again
  const perTry = hedge(options, budget, clock, events); // below retry: two copies are one attempt; above the balancer: the second goes elsewhere
  const toAttempt = balancer(endpoints, name, { clock, random }); // one choice per attempt, around ejected endpoints
  return perCall(toTries(perTry(toAttempt)));
}

/** The lower half: from the chosen endpoint to the wire. */
export function endpointPipeline(
  { name, options, telemetry, poison, streams, layers }: UpstreamShared,
  { breaker, load, transport }: EndpointState,
): SendAttempt {
  const { clock } = options.current;
  return stack(
    attemptSpan(telemetry), // above what reports the attempt, with the span id that is sent
    attemptTelemetry(telemetry, name, clock), // sees what retry sees
    circuitBreaker(breaker, new Attribution(poison, breaker, load), clock), // above the attempt timeout: a timeout counts against the endpoint
    attemptTimeout(options, clock), // bounds interceptors, connecting and the whole body, or a stream's first byte
    ...layers.attempt, // the user's own: bounded by the attempt timeout; the breaker counts how they end
    firstByte(options, streams), // innermost: an attempt that breaks before its first byte has failed
  )(transport);
}
