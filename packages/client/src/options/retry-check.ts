import type { CallError } from '@parley/contract';

/** How one attempt ended, as an own retry check sees it. */
export interface RetryOutcome {
  /** 1 for the first attempt of the call. */
  readonly attempt: number;
  /** The failure; none where a reply below status 400 came. */
  readonly error: CallError | undefined;
  /** HTTP status, where a reply came. */
  readonly status: number | undefined;
  /** Headers of the reply, names in lower case; empty where none came. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Whether another attempt is worth it. It must be quick and return `true` or `false`. It cannot make an operation
 * repeatable: that is for the contract to say.
 */
export type RetryCheck = (outcome: RetryOutcome) => boolean;
