/** One event of a {@link Story}; `kind` discriminates. */
export type StoryEvent =
  | EndpointsKnown
  | CacheUsed
  | FlightJoined
  | Queued
  | EndpointChosen
  | AttemptMade
  | HedgeSent
  | HedgeSettled
  | CircuitOpened
  | BackedOff
  | GaveUp
  | CallEnded;

interface Event<Kind extends string> {
  readonly kind: Kind;
  /** When it was, or when it began, in ms since the call began. */
  readonly atMs: number;
}

/** The upstream's addresses are known. Recorded if they had to be found first, or if the call asked to explain. */
export interface EndpointsKnown extends Event<'resolved'> {
  readonly endpoints: number;
  /** How long that took; 0 where they were known before. */
  readonly tookMs: number;
}

/** What the client's cache did with the call. Recorded for stale replies, and for all if the call asked to explain. */
export interface CacheUsed extends Event<'cache'> {
  readonly result: 'hit' | 'stale' | 'revalidated' | 'miss' | 'bypass';
  /** The age of the stored reply; none where none was used. */
  readonly ageMs: number | undefined;
}

/** An identical call was under way (single-flight): the events before this one are its own. */
export interface FlightJoined extends Event<'joined'> {}

/** The call waited for a place under the concurrency limit. */
export interface Queued extends Event<'queued'> {
  readonly tookMs: number;
  readonly inFlight: number;
  readonly limit: number;
}

/** The balancer chose an endpoint. Recorded after the first failure; the first choice only if the call asked to explain. */
export interface EndpointChosen extends Event<'chosen'> {
  readonly attempt: number;
  /** None where all were ejected. */
  readonly endpoint: string | undefined;
  /** Those that were compared. The lowest score is the least busy for its speed and capacity; equal ones are drawn by lot. */
  readonly candidates: readonly ScoredEndpoint[];
  /** Left out, since they keep failing. Five at most, and none where an upstream has more than 50 endpoints. */
  readonly ejected: readonly string[];
  /** Too many are ejected: all were candidates. */
  readonly isPanic: boolean;
}

/** An endpoint as the balancer sees it. */
export interface ScoredEndpoint {
  readonly endpoint: string;
  readonly score: number;
}

/** One attempt, from the choice of its endpoint to the last byte of its reply. */
export interface AttemptMade extends Event<'attempt'> {
  readonly attempt: number;
  readonly endpoint: string;
  readonly tookMs: number;
  /** None where no reply came. */
  readonly status: number | undefined;
  /** The error's code; none for a success. */
  readonly code: string | undefined;
  /** Code of the socket's or TLS' error, for example `ECONNREFUSED`. */
  readonly cause: string | undefined;
  /** How long the server asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** It was the second copy of a slow attempt. */
  readonly isHedge: boolean;
  /** Times of the services, the called one first. Only if the call asked to explain. */
  readonly hops: readonly HopTime[];
}

/** The time of one service, from `Server-Timing`. */
export interface HopTime {
  readonly service: string;
  /** Until its reply began, calls to others included. */
  readonly tookMs: number;
  /** The same without those calls. Undefined if the service did not report it. */
  readonly ownMs: number | undefined;
}

/** The attempt was slow, and a second copy of it was sent. */
export interface HedgeSent extends Event<'hedged'> {
  readonly attempt: number;
  /** How slow, in ms since the first copy was sent. */
  readonly afterMs: number;
}

/** Which copy the caller got the answer of. */
export interface HedgeSettled extends Event<'won'> {
  readonly winner: 'first' | 'hedge';
}

/** By this call the circuit of an endpoint opened: it is ejected now. */
export interface CircuitOpened extends Event<'opened'> {
  readonly endpoint: string;
}

/** Another attempt was allowed, and waited for. */
export interface BackedOff extends Event<'backoff'> {
  /** `Retry-After` included. */
  readonly waitMs: number;
  readonly retryAfterMs: number | undefined;
  /** Extra attempts that the upstream could pay for. */
  readonly budget: { readonly before: number; readonly after: number };
}

/** Why there was no other attempt after a failure that another one might have helped. */
export type Obstacle =
  | 'max_attempts'
  | 'attempts_left'
  | 'unsafe'
  | 'body_spent'
  | 'poison'
  | 'deadline'
  | 'retry_budget';

/** There was no other attempt. */
export interface GaveUp extends Event<'gave_up'> {
  readonly obstacle: Obstacle;
}

/** The call was over. */
export interface CallEnded extends Event<'ended'> {
  /** None where no reply came. */
  readonly status: number | undefined;
  /** The error's code; none for a success. */
  readonly code: string | undefined;
  /** All the time that the call had: until its deadline. None where it never came to that. */
  readonly limitMs: number | undefined;
  /** What was left of it. */
  readonly leftMs: number | undefined;
}
