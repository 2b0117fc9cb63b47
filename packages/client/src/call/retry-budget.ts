import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { Clock } from '../time/clock.ts';

/** How much load retries may add. */
export type RetryBudgetOptions = Pick<UpstreamOptions, 'retryBudgetRatio' | 'retryBudgetPerSecond'>;

const windowMs = 10_000;

/**
 * Keeps retries from turning a hiccup into an outage: a bucket that every call pays a little into and
 * every extra attempt takes one from. What was paid in is forgotten after 10 s. As Finagle's `RetryBudget`.
 *
 * Scope: upstream.
 */
export class RetryBudget {
  readonly #options: Current<RetryBudgetOptions>;
  readonly #clock: Clock;
  #balance = 0;
  #reserve: number;
  #updatedAt: number;

  constructor(options: Current<RetryBudgetOptions>, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#reserve = options.current.retryBudgetPerSecond;
    this.#updatedAt = clock.now();
  }

  /** Extra attempts that it could pay for. */
  get available(): number {
    this.#refresh();
    return this.#balance + this.#reserve;
  }

  /** A call was made: pays for a part of an extra attempt. */
  deposit(): void {
    this.#refresh();
    this.#balance += this.#options.current.retryBudgetRatio;
  }

  /** Takes one extra attempt; false where there is none left. */
  withdraw(): boolean {
    this.#refresh();
    if (this.#reserve >= 1) {
      this.#reserve -= 1;
      return true;
    }
    if (this.#balance < 1) return false;
    this.#balance -= 1;
    return true;
  }

  /** Gives one withdrawal back: no outage was the cause. */
  refund(): void {
    this.#refresh();
    if (this.#options.current.retryBudgetPerSecond < 1) this.#balance += 1;
    else this.#reserve += 1; // what is too much is cut off at the next look
  }

  // Deposits decay together, without a list of them: the sum is the same in a steady state.
  #refresh(): void {
    const now = this.#clock.now();
    const passedMs = now - this.#updatedAt;
    this.#updatedAt = now;
    this.#balance *= Math.exp(-passedMs / windowMs);
    const { retryBudgetPerSecond } = this.#options.current;
    this.#reserve = Math.min(retryBudgetPerSecond, this.#reserve + (passedMs / 1000) * retryBudgetPerSecond);
  }
}
