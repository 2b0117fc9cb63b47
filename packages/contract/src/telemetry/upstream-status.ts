import type { CircuitReason, CircuitState } from './call-events.ts';

/** How the connections of one endpoint stand. */
export interface ConnectionCounts {
  readonly open: number;
  /** Open without a request: the next one takes it. */
  readonly idle: number;
  /** Requests on a connection that is being opened. */
  readonly pending: number;
  /** Requests that wait for a connection. */
  readonly queued: number;
  /** Requests that were sent and have no whole reply yet. */
  readonly running: number;
  /** Requests so far that needed no new connection. */
  readonly reused: number;
  /** Connections so far that were closed because their time was up. */
  readonly closedByAge: number;
}

/** How one endpoint stands. */
export interface EndpointStatus {
  readonly address: string;
  readonly zone: string | undefined;
  readonly circuit: CircuitState;
  /** When the circuit came to this state, in ms since 1970: at first when the endpoint became known. */
  readonly circuitSinceMs: number;
  /** Why the circuit opened last, while it is not closed. */
  readonly circuitReason: CircuitReason | undefined;
  /** The latest failure that counted against it; none so far, or since it last recovered. */
  readonly lastFailure: { readonly code: string; readonly atMs: number } | undefined;
  /** It would not be chosen now, unless too many are like that. */
  readonly isEjected: boolean;
  /** Attempts under way. */
  readonly inFlight: number;
  /** Its share of the attempts, against the others' weights. */
  readonly weight: number;
  /** Average in ms that the balancer goes by: failures count as slow, and it falls while nothing is sent. None before the first attempt. */
  readonly latencyMs: number | undefined;
  /** Share of its capacity in use, as it reported within the last 10 s. */
  readonly utilization: number | undefined;
  readonly connections: ConnectionCounts;
}

/** How an upstream's concurrency limit stands. */
export interface ConcurrencyStatus {
  readonly limit: number;
  /** Calls that hold a place. Those that began while there was no limit hold none. */
  readonly inFlight: number;
  /** Calls that wait for one. */
  readonly queued: number;
}

/** How an upstream stands. Reading it changes nothing. */
export interface UpstreamStatus {
  readonly name: string;
  readonly endpoints: readonly EndpointStatus[];
  readonly concurrency: ConcurrencyStatus;
  /** Extra attempts that the retry budget could pay for now. */
  readonly retryBudget: number;
}
