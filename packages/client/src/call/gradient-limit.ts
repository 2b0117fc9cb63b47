import { gradientOf, gradientStep, isLimitTested } from '@parley/contract';

const initialLimit = 20;
const minLimit = 20;
const maxLimit = 200;
/** Calls that may queue up at the upstream: the limit tries to grow by this number. */
const queue = 4;
/** Calls that the usual latency is averaged over; the first few are averaged evenly. */
const longWindow = 600;
const warmUp = 10;

/**
 * Finds out how many calls an upstream can have under way: while a call takes no longer than is usual, the limit grows
 * by a small queue; when it takes longer, calls are queueing up there, and the limit falls with the ratio of the two
 * latencies. Netflix' Gradient2 (`concurrency-limits`, `Gradient2Limit.java`), from 20 to 200. It answers to changes:
 * what has been slow for longer than its window of 600 calls is taken for usual.
 */
export class GradientLimit {
  #limit = initialLimit;
  #usualMs = 0;
  #samples = 0;

  /** Calls that may be under way. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /**
   * A call succeeded.
   *
   * @param ms how long it took
   * @param inFlight how many were under way when it began, itself included
   */
  record(ms: number, inFlight: number): void {
    const shortMs = Math.max(ms, 0.001);
    const longMs = this.#average(shortMs);
    // After a long time of too much load: the average then comes down sooner than its window lets it.
    if (longMs / shortMs > 2) this.#usualMs *= 0.95;
    // A caller that uses little of its limit learns nothing about it.
    if (!isLimitTested(this.#limit, inFlight)) return;
    const next = gradientStep(this.#limit, gradientOf(shortMs / longMs), queue);
    this.#limit = Math.max(minLimit, Math.min(maxLimit, next));
  }

  #average(ms: number): number {
    this.#samples = Math.min(this.#samples + 1, longWindow);
    const weight = this.#samples <= warmUp ? 1 / this.#samples : 2 / (longWindow + 1);
    this.#usualMs += (ms - this.#usualMs) * weight;
    return this.#usualMs;
  }
}
