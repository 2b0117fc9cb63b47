/** How fast the past is forgotten: after this time, earlier measurements count for 37 %. Finagle's default. */
export const decayMs = 10_000;

/**
 * The latency of one endpoint as an average that believes bad news at once: a latency above it replaces it, one
 * below it moves it slowly. While nothing is measured it falls towards zero, so that an endpoint that was slow is
 * asked again some day. Finagle's Peak EWMA (`finagle-core/.../loadbalancer/PeakEwma.scala`).
 *
 * Scope: endpoint.
 */
export class PeakEwma {
  #ms = 0;
  #atMs = 0;
  #isKnown = false;

  /** A latency was measured since the start, or since `forget`. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** The average in ms as it is by now; where none is known, what it is at least, 0 at first. */
  at(now: number): number {
    return this.#ms * this.#pastShare(now);
  }

  /** A latency that was measured. */
  record(ms: number, now: number): void {
    this.#set(Math.max(ms, this.#blend(ms, now)), now);
  }

  /** An attempt that was given up after `ms`: it would have taken longer. Makes no latency known. */
  recordAtLeast(ms: number, now: number): void {
    if (ms > this.at(now)) this.#set(ms, now, this.#isKnown);
  }

  /**
   * A failure that came after `ms` and counts as if it had taken `costMs`. It moves the average by as much time as
   * has passed since the last measurement, and is no peak: one failure among thousands hardly shows, while
   * an endpoint that does nothing but fail is as slow as that within moments.
   */
  charge(costMs: number, ms: number, now: number): void {
    this.#set(Math.max(ms, this.#isKnown ? this.#blend(costMs, now) : costMs), now);
  }

  /** Forgets all: what was measured holds no more. */
  forget(): void {
    this.#ms = 0;
    this.#isKnown = false;
  }

  #blend(ms: number, now: number): number {
    const past = this.#pastShare(now);
    return this.#ms * past + ms * (1 - past);
  }

  #pastShare(now: number): number {
    return Math.exp(Math.min(0, this.#atMs - now) / decayMs);
  }

  #set(ms: number, now: number, isKnown = true): void {
    this.#ms = ms;
    this.#atMs = now;
    this.#isKnown = isKnown;
  }
}
