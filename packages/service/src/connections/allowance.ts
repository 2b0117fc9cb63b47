/** An allowance of events: a token bucket. Holds `burst` at first and at most, and gets `perSecond` back. */
export class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #atMs: number;

  constructor(burst: number, perSecond: number, now = () => performance.now()) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = burst;
    this.#atMs = now();
  }

  /** Takes one. False: there was none left. */
  take(): boolean {
    const nowMs = this.#now();
    this.give(((nowMs - this.#atMs) * this.#perSecond) / 1000);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Puts some back, up to `burst`. */
  give(count: number): void {
    this.#left = Math.min(this.#burst, this.#left + count);
  }
}
