/**
 * How many more attempts all calls on behalf of one request may make together, the first one of each not counted: with
 * it the retries of several hops add up, where they would multiply. Calls made in a handler draw from the same one.
 *
 * On the wire it is `x-attempts-left`. On a request: what everything below may use. On a reply: what is left of that;
 * without it none were used. A failure says 0 also where a retry budget below refused a retry, so that nobody above makes
 * the attempt that was refused. An attempt without a reply is taken to have used none but itself: who hangs retries
 * nothing, and who gives up in time replies. Calls under way at once are told the same number.
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

  /** Somebody below has used so many. */
  deduct(used: number): void {
    if (used > 0) this.#count = Math.max(0, this.#count - used);
  }

  /** A retry was refused for want of budget: a failure of this request must not be met with another try by those above. */
  refuse(): void {
    this.#isRefused = true;
  }

  /** What a reply says of them; nothing where none were used. */
  toldBy(reply: 'success' | 'failure'): number | undefined {
    const left = reply === 'failure' && this.#isRefused ? 0 : this.#count;
    return left < this.#given ? left : undefined;
  }
}

const digits = /^\d{1,2}$/;

/** The number in an `x-attempts-left`, from 0 to 99; nothing where it is absent or anything else. */
export function parseAttemptsLeft(header: string | readonly string[] | undefined): number | undefined {
  return typeof header === 'string' && digits.test(header) ? Number(header) : undefined;
}
