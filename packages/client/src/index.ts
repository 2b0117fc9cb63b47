export type {
  AttemptOutcome,
  Backoff,
  BudgetRefusal,
  CacheResult,
  CacheUse,
  CallOutcome,
  CircuitChange,
  CircuitControl,
  CircuitReason,
  CircuitState,
  ConcurrencyStatus,
  ConnectionChange,
  ConnectionCounts,
  ConnectionEnd,
  EndpointStatus,
  Fate,
  Outcome,
  Pem,
  QueueEnd,
  QueueWait,
  TelemetryListener,
  UpstreamStatus,
} from '@parley/contract';
export type { Interceptors } from './axios/axios.ts';
export { parleyAdapter } from './axios/parley-adapter.ts';
export type { ClientOptions, OperationOptions } from './call/operation-options.ts';
export { type PageMembers, paginate } from './call/paginate.ts';
export { createClient } from './client.ts';
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
export type { CacheOptions } from './options/cache-options.ts';
export type { RetryCheck, RetryOutcome } from './options/retry-check.ts';
export type { HttpVersion, TlsOptions } from './options/tls-options.ts';
export { type ChangeableOptions, type UpstreamOptions, upstreamDefaults } from './options/upstream-options.ts';
export { type ParleyDispatcher, parleyDispatcher } from './parley-fetch/parley-dispatcher.ts';
export { type ParleyFetch, parleyFetch } from './parley-fetch/parley-fetch.ts';
export type { UserLayers } from './pipeline.ts';
export { StoryRecorder } from './story/story-recorder.ts';
export type { CancelSignal } from './time/cancel-signal.ts';
export { type Clock, systemClock } from './time/clock.ts';
export { Reply, type ReplyHeaders, type ReplyOrigin } from './transport/reply.ts';
export { type CreateUpstreamOptions, createUpstream, type Upstream } from './upstream.ts';
