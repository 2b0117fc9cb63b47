import type { Priority } from '@parley/contract';

/** Why a request is refused: there is too much to do, or its caller has more than its share of it. */
export type Refused = 'overloaded' | 'rate_limited';

/** How much of the limit requests may fill up, by their priority: who matters less gives way first. */
const reach: Readonly<Record<Priority, number>> = { critical: 1, normal: 0.9, background: 0.6 };

/** How far the limit may be exceeded, as a factor, until callers that had more than their share give way. */
const overdraft = 1.5;

/**
 * Decides who gets a place. While there are places everybody does. When there are none, a caller that has less than its
 * share (the limit divided by the callers that have requests in flight) still does, and who has more gets none until the
 * limit is kept again: max-min fairness, without a number to set. Remembers nobody beyond their requests in flight.
 */
export class Admission {
  readonly #held = new Map<string, number>();
  #inFlight = 0;

  /** How many places are taken. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many callers have them. */
  get callers(): number {
    return this.#held.size;
  }

  /** Takes a place, to be given back with {@link leave}, or says why there is none. */
  enter(caller: string, priority: Priority, limit: number): Refused | undefined {
    const held = this.#held.get(caller) ?? 0;
    const places = Math.max(1, limit * reach[priority]);
    if (this.#inFlight >= places) {
      const callers = this.#held.size + (held === 0 ? 1 : 0);
      const share = places / callers;
      if (held + 1 > share || this.#inFlight >= places * overdraft) {
        return callers > 1 && held > share ? 'rate_limited' : 'overloaded';
      }
    }
    this.#held.set(caller, held + 1);
    this.#inFlight++;
    return undefined;
  }

  /** Gives a place back. */
  leave(caller: string): void {
    const held = this.#held.get(caller) ?? 0;
    if (held > 1) this.#held.set(caller, held - 1);
    else this.#held.delete(caller);
    this.#inFlight--;
  }
}
