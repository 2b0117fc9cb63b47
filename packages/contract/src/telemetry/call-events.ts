import type { Story } from '../story/story.ts';

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

/** What a subscriber may listen to. A method that throws or rejects is warned about and harms no call. */
export interface TelemetryListener {
  onCall?(outcome: CallOutcome): void;
  onAttempt?(outcome: AttemptOutcome): void;
  onCircuit?(change: CircuitChange): void;
}
