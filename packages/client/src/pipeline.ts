import { balancer, type Endpoints } from './balancing/balancer.ts';
import { Attribution } from './breaker/attribution.ts';
import type { CircuitBreaker } from './breaker/circuit-breaker.ts';
import { circuitBreaker } from './breaker/circuit-breaker-layer.ts';
import type { PoisonRequests } from './breaker/poison-requests.ts';
import { bearerToken } from './call/bearer-token.ts';
import type { CallQueue } from './call/call-queue.ts';
import { concurrencyLimit } from './call/concurrency-limit.ts';
import { deadline } from './call/deadline.ts';
import { hedge } from './call/hedge.ts';
import { retry } from './call/retry.ts';
import type { RetryBudget } from './call/retry-budget.ts';
import { singleFlight } from './call/single-flight.ts';
import { attemptTimeout } from './endpoint/attempt-timeout.ts';
import type { EndpointLoad } from './endpoint/endpoint-load.ts';
import { type Send, stack } from './layer.ts';
import type { UpstreamOptions } from './options/upstream-options.ts';
import type { ActiveStreams } from './streams/active-streams.ts';
import { firstByte } from './streams/first-byte.ts';
import { attemptTelemetry, callTelemetry, type Telemetry } from './telemetry/telemetry.ts';

/** What all calls to one upstream share. */
export interface UpstreamShared {
  readonly name: string;
  readonly options: UpstreamOptions;
  readonly telemetry: Telemetry;
  readonly limiter: CallQueue;
  readonly budget: RetryBudget;
  readonly poison: PoisonRequests;
  readonly endpoints: Endpoints;
  readonly streams: ActiveStreams;
  /** Code that is not ours sees every attempt, and may change it. */
  readonly hasInterceptors: () => boolean;
}

// The order of the way out, in two halves: above the balancer once per call, below it once per attempt.
// The first listed sees the request first.

/** The upper half: from the caller to the choice of an endpoint. */
export function callPipeline(shared: UpstreamShared): Send {
  const { name, options, telemetry, limiter, budget, poison, endpoints, hasInterceptors } = shared;
  const { clock, random } = options;
  return stack(
    callTelemetry(telemetry, name, clock), // outermost: sees what the caller sees
    deadline(options, clock), // above retry: bounds every attempt and every wait together
    singleFlight(options, hasInterceptors), // below the deadline: each caller keeps its own; above the rest: who joins costs nothing more
    bearerToken(options), // below deadline, which bounds getting one; above the limit, whose place a wait would hold; one for all attempts
    concurrencyLimit(limiter, clock), // below the deadline: it bounds the queue; above retry: a call holds one place however often it tries
    retry(options, { budget, poison, clock, random }), // above the balancer: each attempt chooses again
    hedge(options, budget, clock), // below retry: two copies are one attempt; above the balancer: the second goes elsewhere
  )(balancer(endpoints, name, { clock, random })); // one choice per attempt, around ejected endpoints
}

/** What one attempt at one endpoint has of its own. */
export interface EndpointShared {
  readonly address: string;
  readonly breaker: CircuitBreaker;
  readonly load: EndpointLoad;
  readonly transport: Send;
}

/** The lower half: from the chosen endpoint to the wire. */
export function endpointPipeline(
  { name, options, telemetry, poison, streams }: UpstreamShared,
  { address, breaker, load, transport }: EndpointShared,
): Send {
  return stack(
    attemptTelemetry(telemetry, name, address, options.clock), // sees what retry sees
    circuitBreaker(breaker, new Attribution(poison, breaker, load), address), // above the attempt timeout: a timeout counts against the endpoint
    attemptTimeout(options, address, options.clock), // bounds interceptors, connecting and the whole body, or a stream's first byte
    firstByte(options, streams), // innermost: an attempt that breaks before its first byte is one that failed
  )(transport);
}
