import type { Story } from '../story/story.ts';

/** Where a piece of work stands in its trace, for a listener that makes spans. */
export interface SpanPlace {
  readonly traceId: string;
  /** 16 hex digits. The span of an attempt has the id that the upstream got as its parent. */
  readonly spanId: string;
  /** None for the root of a trace. */
  readonly parentSpanId: string | undefined;
  /** The span of this process that ends last: of the request that is served, or of the outermost call. */
  readonly localRootId: string;
  /** The trace is recorded, as decided at its root. */
  readonly isSampled: boolean;
  /** `tracestate` of the trace. */
  readonly state: string | undefined;
  /** When the work began, in ms since 1970 as `now` counts them. */
  readonly startMs: number;
  /** Path of the request, without its query. */
  readonly path: string;
}

/** How a call or one attempt of it ended. */
export interface Outcome {
  /** The upstream's name. */
  readonly upstream: string;
  /** Method and path template: few different ones, fit for a metric's label. A call by `parleyAdapter` has its own path here. */
  readonly operation: string;
  readonly durationMs: number;
  /** HTTP status, where a reply came. */
  readonly status: number | undefined;
  /** The error's code; none for a success. */
  readonly code: string | undefined;
  /** Trace that the call belongs to, where it has one. */
  readonly traceId: string | undefined;
  /** Present only while a listener has {@link TelemetryListener.wantsSpans}. */
  readonly span?: SpanPlace | undefined;
}

/**
 * What became of a call. Failures are named by what kept it from another attempt: `not_retryable` (the failure is final,
 * or the operation must not be sent twice), `max_attempts` (of the call), `attempts_left` (of the request that is
 * served, over all hops), `retry_budget`, `deadline`, `poison` (the request is at fault, not an endpoint), `shed` (the
 * upstream's own concurrency limit refused it), `no_endpoint` (none was known, or may be chosen), `cancelled`.
 */
export type Fate =
  | 'success'
  | 'success_after_retry'
  | 'success_after_hedge'
  | 'not_retryable'
  | 'max_attempts'
  | 'attempts_left'
  | 'retry_budget'
  | 'deadline'
  | 'poison'
  | 'shed'
  | 'no_endpoint'
  | 'cancelled';

/** A call, attempt or request that takes this long in ms, or longer, is slow: operators see it with its story. */
export const slowMs = 1000;

/** One call, as its caller sees it. */
export interface CallOutcome extends Outcome {
  /** Attempts that it made, hedges included; 0 if it never came to one, or shared another call's. */
  readonly attempts: number;
  readonly fate: Fate;
  /** The request that was served meanwhile, where there was one. */
  readonly requestId: string | undefined;
  /** What happened to the call. Made where it is read, so read it only where it is needed. */
  readonly story: Story;
}

/** One attempt, at one endpoint. */
export interface AttemptOutcome extends Outcome {
  /** Which attempt of its call it was; 1 for the first. */
  readonly attempts: number;
  readonly endpoint: string;
  /** It was the second copy of an attempt that was slow. */
  readonly isHedge: boolean;
  /** Attempts of its call before it, hedges included. Present only while a listener has {@link TelemetryListener.wantsSpans}. */
  readonly resends?: number | undefined;
}

/** The state of an endpoint's circuit; `forced-…` while an operator decides. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed';

/**
 * Why a circuit is not closed: `failures` (too large a share, or too many in a row), `slow` (too large a share of slow
 * replies), `outlier` (it fails more often than the other endpoints), `probe` (a probe failed), `operator`.
 */
export type CircuitReason = 'failures' | 'slow' | 'outlier' | 'probe' | 'operator';

/** A circuit changed its state. */
export interface CircuitChange {
  readonly upstream: string;
  readonly endpoint: string;
  readonly state: CircuitState;
  /** Why it opened; none once it is closed or half-open. */
  readonly reason: CircuitReason | undefined;
}

/** A call waits before its next attempt. */
export interface Backoff {
  readonly upstream: string;
  /** As {@link Outcome.operation}. */
  readonly operation: string;
  /** The attempt that failed, 1 for the first. */
  readonly attempt: number;
  /** How it failed: the error's code; none for a gateway's page, and for what `shouldRetry` alone calls a failure. */
  readonly code: string | undefined;
  /** HTTP status, where a reply came. */
  readonly status: number | undefined;
  /** How long it waits, in ms: what the server asked for, and a random time on top. */
  readonly waitMs: number;
  /** The server's `Retry-After` in ms; none where it sent none. */
  readonly retryAfterMs: number | undefined;
  /** Trace that the call belongs to, where it has one. */
  readonly traceId: string | undefined;
}

/** The retry budget did not pay for an extra attempt: too many calls of the upstream fail. */
export interface BudgetRefusal {
  readonly upstream: string;
  /** As {@link Outcome.operation}. */
  readonly operation: string;
  readonly kind: 'retry' | 'hedge';
}

/**
 * How the wait for a place under the concurrency limit ended: `admitted` (the call went on), `refused` (none could be
 * expected in time, or the queue was full), `ended` (its caller cancelled it, or its time was up).
 */
export type QueueEnd = 'admitted' | 'refused' | 'ended';

/** A call found no place under the concurrency limit. Calls that find one at once are not here. */
export interface QueueWait {
  readonly upstream: string;
  /** As {@link Outcome.operation}. */
  readonly operation: string;
  readonly end: QueueEnd;
  /** How long it waited, in ms; 0 where it was refused at once. */
  readonly waitMs: number;
  /** Calls that hold a place now. */
  readonly inFlight: number;
  /** Calls that may hold a place at once. */
  readonly limit: number;
}

/**
 * Why a connection was closed: `age` (its time was up), `idle` (nothing was sent for too long), `server` (the server closed it), `broken`
 * (it was reset, or brought nothing any more), `request` (a request on it was given up or its reply could not be
 * read, which over HTTP/1.1 ends the connection too), `client` (the upstream closes, its endpoint is gone, or options
 * of its connections have changed).
 */
export type ConnectionEnd = 'age' | 'idle' | 'server' | 'broken' | 'request' | 'client';

/** A connection to an endpoint was opened or closed, or could not be opened. */
export type ConnectionChange = { readonly upstream: string; readonly endpoint: string } & (
  | { readonly change: 'opened' }
  /** `code`: of the system or of TLS, such as `ECONNREFUSED`. */
  | { readonly change: 'failed'; readonly code: string }
  | { readonly change: 'closed'; readonly reason: ConnectionEnd }
);

/**
 * What the client's cache did with a call: `hit` (a stored reply, no request of its own), `stale` (a stored reply that is no longer fresh, as
 * its service or the caller allows), `revalidated` (the service confirmed the stored reply), `miss` (a request), `bypass` (the
 * cache has no part in calls of this kind).
 */
export type CacheResult = 'hit' | 'stale' | 'revalidated' | 'miss' | 'bypass';

/** The cache of an upstream has had a call that reads. */
export interface CacheUse {
  readonly upstream: string;
  readonly operation: string;
  readonly result: CacheResult;
}

/** What a subscriber may listen to. A method that throws or rejects is warned about and harms no call. */
export interface TelemetryListener {
  /** Events have a `span` for this listener. Default: false, since ids of spans cost time. */
  readonly wantsSpans?: boolean;
  onCall?(outcome: CallOutcome): void;
  onAttempt?(outcome: AttemptOutcome): void;
  onCircuit?(change: CircuitChange): void;
  onBackoff?(backoff: Backoff): void;
  onBudgetRefusal?(refusal: BudgetRefusal): void;
  onQueue?(wait: QueueWait): void;
  onConnection?(change: ConnectionChange): void;
  /** Only for upstreams with a cache. */
  onCache?(use: CacheUse): void;
}
