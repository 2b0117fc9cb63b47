import { balancer, type Endpoints } from './balancer.ts';
import { bearerToken } from './bearer-token.ts';
import { type Send, stack } from './layer.ts';
import { attemptTimeout } from './resilience/attempt-timeout.ts';
import { type CircuitBreaker, circuitBreaker } from './resilience/circuit-breaker.ts';
import { deadline } from './resilience/deadline.ts';
import { retry } from './resilience/retry.ts';
import type { RetryBudget } from './resilience/retry-budget.ts';
import { openStream } from './streaming/open-stream.ts';
import type { OpenStreams } from './streaming/open-streams.ts';
import { attemptTelemetry, callTelemetry, type Telemetry } from './telemetry.ts';
import type { UpstreamOptions } from './upstream-options.ts';

/** What all calls to one upstream share. */
export interface UpstreamShared {
  readonly name: string;
  readonly options: UpstreamOptions;
  readonly telemetry: Telemetry;
  readonly budget: RetryBudget;
  readonly endpoints: Endpoints;
  readonly streams: OpenStreams;
}

// The order of the way out, in two halves: above the balancer once per call, below it once per attempt.
// The first listed sees the request first.

/** The upper half: from the caller to the choice of an endpoint. */
export function callPipeline({ name, options, telemetry, budget, endpoints }: UpstreamShared): Send {
  const { clock, random } = options;
  return stack(
    callTelemetry(telemetry, name, clock), // outermost: sees what the caller sees
    deadline(options, clock), // above retry: bounds every attempt and every wait together
    bearerToken(options), // below deadline, which bounds getting one; above retry: one for all attempts
    retry(options, { budget, clock, random }), // above the balancer: each attempt chooses again
  )(balancer(endpoints, name, random)); // one choice per attempt, around ejected endpoints
}

/** What one attempt at one endpoint has of its own. */
export interface EndpointShared {
  readonly address: string;
  readonly breaker: CircuitBreaker;
  readonly transport: Send;
}

/** The lower half: from the chosen endpoint to the wire. */
export function endpointPipeline(
  { name, options, telemetry, streams }: UpstreamShared,
  { address, breaker, transport }: EndpointShared,
): Send {
  return stack(
    attemptTelemetry(telemetry, name, address, options.clock), // sees what retry sees
    circuitBreaker(breaker, address), // above the attempt timeout: a timeout counts against the endpoint
    attemptTimeout(options, address, options.clock), // bounds interceptors, connecting and the whole body, or a stream's first byte
    openStream(options, streams), // innermost: an attempt that breaks before its first byte is one that failed
  )(transport);
}
