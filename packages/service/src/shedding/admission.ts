import type { Priority } from '@parley/contract';

/** Why a request is refused: the service is overloaded, or its caller holds more than its share. */
export type Refused = 'overloaded' | 'rate_limited';

/** Share of the limit that requests may fill, by their priority: low priorities are shed first. */
const reach: Readonly<Record<Priority, number>> = { critical: 1, normal: 0.9, background: 0.6 };

/** Factor by which requests of callers below their share may exceed the limit. */
const overdraft = 1.5;

/**
 * Decides which request gets a place. While places are free, every request does. When none is free, a caller below its
 * share still gets one, and a caller above its share gets none until the limit holds again. A share is the limit divided
 * by the callers with requests in flight: max-min fairness, without an option. Keeps no state of callers without requests.
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

  /** Takes a place, which {@link leave} releases, or returns why there is none. */
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
