/**
 * Counts the attempts that all calls on behalf of one request may still make together, without the first of each. With
 * it the retries of several hops add up instead of multiplying. Calls made in a handler share one count.
 *
 * On the wire it is `x-attempts-left`. On a request: the attempts that all hops below may use. On a reply: the attempts
 * left; without the header none were used. A failure also sends 0 if a retry budget below refused a retry: otherwise a
 * hop above would make the refused attempt. An attempt without a reply counts as one attempt: a server that hangs
 * retries nothing, and a server that gives up in time replies. Concurrent calls get the same number.
 *
 * Scope: the request that is being served; outside of one, a call.
 */
export class AttemptsLeft {
  readonly #given: number;
  #count: number;
  #isRefused = false;

  /** @throws TypeError where the number is not whole, or below 0 */
  constructor(count: number) {
    if (!(Number.isInteger(count) && count >= 0)) throw new TypeError(`attempts left must be 0 or more, not ${count}`);
    this.#given = count;
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  /** Takes one; false where there is none left. */
  take(): boolean {
    if (this.#count === 0) return false;
    this.#count--;
    return true;
  }

  /** Subtracts the attempts that a hop below has used. */
  deduct(used: number): void {
    if (used > 0) this.#count = Math.max(0, this.#count - used);
  }

  /** Records that the budget refused a retry: a failure of this request must not cause an attempt at a hop above. */
  refuse(): void {
    this.#isRefused = true;
  }

  /** The number for the reply's header. Undefined if no attempt was used. */
  leftAfter(reply: 'success' | 'failure'): number | undefined {
    const left = reply === 'failure' && this.#isRefused ? 0 : this.#count;
    return left < this.#given ? left : undefined;
  }
}

const digits = /^\d{1,2}$/;

/** Reads `x-attempts-left`, a number from 0 to 99. Undefined if it is absent or anything else. */
export function parseAttemptsLeft(header: string | readonly string[] | undefined): number | undefined {
  return typeof header === 'string' && digits.test(header) ? Number(header) : undefined;
}
