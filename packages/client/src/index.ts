export type { Interceptors } from './axios/axios.ts';
export { parleyAdapter } from './axios/parley-adapter.ts';
export type { BalancingOptions } from './balancing/balancing-options.ts';
export type { EjectionLimitOptions } from './balancing/ejection-limit.ts';
export type { SubsetOptions } from './balancing/subset.ts';
export type { ZoneOptions } from './balancing/zone.ts';
export type { CircuitState } from './breaker/circuit-breaker.ts';
export type { CircuitBreakerOptions } from './breaker/circuit-breaker-options.ts';
export type { CircuitControl } from './breaker/circuit-control.ts';
export type { BackoffOptions } from './call/backoff.ts';
export type { BearerTokenOptions } from './call/bearer-token.ts';
export type { ConcurrencyLimitOptions, ConcurrencyStatus } from './call/call-queue.ts';
export type { DeadlineOptions } from './call/deadline.ts';
export type { HedgeOptions } from './call/hedge.ts';
export type { RetryOptions } from './call/retry.ts';
export type { RetryBudgetOptions } from './call/retry-budget.ts';
export type { SingleFlightOptions } from './call/single-flight.ts';
export { createClient } from './client.ts';
export type { DiscoveryOptions } from './discovery/refreshed.ts';
export type { ActiveProbeOptions } from './endpoint/active-probe.ts';
export type { AttemptTimeoutOptions } from './endpoint/attempt-timeout.ts';
export type { EndpointStatus } from './endpoint/endpoint.ts';
export type { SlowStartOptions } from './endpoint/slow-start.ts';
// Symbols below matter to those who write a client of another kind over `Upstream.send`.
export type {
  Attempt,
  AttemptLayer,
  Call,
  CallLayer,
  CallRequest,
  SendAttempt,
  SendCall,
  TriedEndpoints,
  Try,
} from './layer.ts';
export type { ChangeableOptions } from './options/changeable-options.ts';
export type { Pem, TlsOptions } from './options/tls-options.ts';
export { type UpstreamOptions, upstreamDefaults } from './options/upstream-options.ts';
export { StoryRecorder } from './story/story-recorder.ts';
export type { StreamOptions } from './streams/stream-options.ts';
export type { AttemptOutcome, CircuitChange, Outcome, TelemetryListener } from './telemetry/telemetry.ts';
export type { CancelSignal } from './time/cancel-signal.ts';
export { type Clock, systemClock } from './time/clock.ts';
export type { ConnectionCounts } from './transport/connection-counts.ts';
export type { ConnectionPoolOptions } from './transport/connection-pool.ts';
export type { HttpVersion } from './transport/connector.ts';
export { Reply, type ReplyHeaders, type ReplyOrigin } from './transport/reply.ts';
export { createUpstream, type Upstream } from './upstream.ts';
