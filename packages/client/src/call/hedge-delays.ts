import type { Clock } from '../time/clock.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** How long a latency counts, in the mean. */
const memoryMs = 30_000;
/** How often a delay is worked out anew. */
const refreshMs = 3_000;
/** Fewer latencies than this say nothing, whatever the percentile. */
const fewestLatencies = 20;
/** Operations that are remembered; the one least recently called is forgotten. */
const maxOperations = 200;

interface Delay {
  readonly latencies: LatencyHistogram;
  /** Most calls get their reply within this time. None while too few latencies are known. */
  ms: number | undefined;
  refreshedAtMs: number;
}

/**
 * When a call counts as slow, by operation: the (1 − ratio) percentile of how long its calls took lately. As in
 * Finagle's `BackupRequestFilter`: worked out every 3 s, from the last 30 s or so, at least 1 ms.
 *
 * Scope: upstream.
 */
export class HedgeDelays {
  readonly #clock: Clock;
  readonly #byOperation = new Map<string, Delay>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The time in ms that a share of `ratio` of the operation's calls exceeds; none if it is not known. */
  after(operation: string, ratio: number): number | undefined {
    const delay = this.#byOperation.get(operation);
    if (!delay) return undefined;
    const passedMs = this.#clock.now() - delay.refreshedAtMs;
    if (passedMs >= refreshMs) this.#refresh(operation, delay, passedMs, ratio);
    return delay.ms;
  }

  /** An attempt took this time, or longer. */
  record(operation: string, ms: number): void {
    const delay = this.#byOperation.get(operation) ?? this.#add(operation);
    delay.latencies.record(ms);
  }

  #refresh(operation: string, delay: Delay, passedMs: number, ratio: number): void {
    const { latencies } = delay;
    latencies.fade(Math.exp(-passedMs / memoryMs));
    const isKnown = latencies.total >= Math.max(fewestLatencies, 1 / ratio);
    delay.ms = isKnown ? latencies.percentile(1 - ratio) : undefined;
    delay.refreshedAtMs += passedMs;
    // The map's order is then that of their latest refresh: the first is the one to forget.
    this.#byOperation.delete(operation);
    this.#byOperation.set(operation, delay);
  }

  #add(operation: string): Delay {
    if (this.#byOperation.size >= maxOperations) {
      const [oldest = operation] = this.#byOperation.keys();
      this.#byOperation.delete(oldest);
    }
    const delay = { latencies: new LatencyHistogram(), ms: undefined, refreshedAtMs: this.#clock.now() };
    this.#byOperation.set(operation, delay);
    return delay;
  }
}
