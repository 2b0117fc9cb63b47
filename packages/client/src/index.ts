export type { CancelSignal } from './cancel-signal.ts';
export { createClient } from './client.ts';
export { type Clock, systemClock } from './clock.ts';
export type { DiscoveryOptions } from './discovery.ts';
// Symbols below matter to those who write a client of another kind over `Upstream.send`.
export { type Layer, type Request, type Send, stack } from './layer.ts';
export { parleyAdapter } from './parley-adapter.ts';
export { Reply, type ReplyHeaders, type ReplyOrigin } from './reply.ts';
export type { AttemptTimeoutOptions } from './resilience/attempt-timeout.ts';
export type { BackoffOptions } from './resilience/backoff.ts';
export type { CircuitBreakerOptions, CircuitState } from './resilience/circuit-breaker.ts';
export type { DeadlineOptions } from './resilience/deadline.ts';
export type { RetryOptions } from './resilience/retry.ts';
export type { RetryBudgetOptions } from './resilience/retry-budget.ts';
export type { AttemptOutcome, CircuitChange, Outcome, TelemetryListener } from './telemetry.ts';
export type { Interceptors } from './transport/axios.ts';
export type { ConnectionPoolOptions } from './transport/connection-pool.ts';
export { createUpstream, type EndpointStatus, type Upstream } from './upstream.ts';
export { type UpstreamOptions, upstreamDefaults } from './upstream-options.ts';
