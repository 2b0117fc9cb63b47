/** The longest `Retry-After`, in seconds. */
const longestSeconds = 10;

/** Where return times are computed from. */
export interface DrainState {
  readonly nowMs: number;
  readonly inFlight: number;
  /** How many requests are completed in a second; 0 where that is not known. */
  readonly perSecond: number;
}

/**
 * Spreads the retries of refused clients. Each gets a later time than the one before, at the rate at which requests are
 * completed. With one time for all, they would all return at once.
 */
export class ReturnTimes {
  readonly #random: () => number;
  #lastMs = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The next time, as whole seconds from now for `Retry-After`: from 1 to 10. */
  next({ nowMs, inFlight, perSecond }: DrainState): number {
    if (perSecond <= 0) return 1;
    const drainedMs = nowMs + (inFlight / perSecond) * 1000;
    const latestMs = nowMs + longestSeconds * 1000;
    this.#lastMs = Math.min(latestMs, Math.max(drainedMs, this.#lastMs) + 1000 / perSecond);
    const seconds = (this.#lastMs - nowMs) / 1000;
    // All times up to the longest are given away: anywhere among the later ones.
    const spread = this.#lastMs < latestMs ? seconds : longestSeconds * (0.5 + 0.5 * this.#random());
    // Rounded at random, so that not all of a second's come at its end.
    return Math.min(longestSeconds, Math.max(1, Math.floor(spread + this.#random())));
  }
}
