import type { CallError } from '@parley/contract';
import type { Permit } from './permit.ts';

/**
 * Counts failures without a success in between. Of those that were under way at the same time only the
 * first counts: one broken connection may fail any number of requests, and is one failure.
 *
 * Scope: endpoint.
 */
export class ConsecutiveFailures {
  #count = 0;
  /** Failures so far, whether they counted or not: numbers them in the order in which they happened. */
  #happened = 0;
  #lastCounted = 0;

  /** What an attempt that begins now begins after. */
  get happened(): number {
    return this.#happened;
  }

  /** An attempt failed just now; whether it is to count may be said later. */
  failed(permit: Permit): void {
    if (permit.failedAs > 0) return;
    this.#happened++;
    permit.failedAs = this.#happened;
  }

  /** Counts it, and gives how many there are in a row. */
  count({ startedAfter, failedAs }: Permit, error: CallError | undefined): number {
    // A 500 is an answer, if a bad one: the way to the endpoint works.
    if (error?.status === 500) {
      this.#count = 0;
      return 0;
    }
    if (startedAfter < this.#lastCounted) return this.#count;
    this.#lastCounted = failedAs;
    this.#count++;
    return this.#count;
  }

  reset(): void {
    this.#count = 0;
  }
}
