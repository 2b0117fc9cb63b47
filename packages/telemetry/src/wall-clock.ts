/** Drift in ms from which the offset is taken anew: more than what two clocks of 1 ms differ by. */
const mostDriftMs = 10;

/**
 * Turns times of `now()`, which never jump, into times of the wall clock, which other hosts have too. In a process that runs for
 * weeks the two drift apart, and then a span of this host would begin before its parent on another one.
 */
export class WallClock {
  readonly #now: () => number;
  readonly #wall: () => number;
  #offsetMs = 0;

  /** @param wall the wall clock, in ms since 1970 */
  constructor(now: () => number, wall: () => number = Date.now) {
    this.#now = now;
    this.#wall = wall;
  }

  /** The wall clock's time when `now()` was `ms`. */
  at(ms: number): number {
    const offsetMs = this.#wall() - this.#now();
    if (Math.abs(offsetMs - this.#offsetMs) > mostDriftMs) this.#offsetMs = offsetMs;
    return ms + this.#offsetMs;
  }
}
