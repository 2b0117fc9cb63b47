import type { Load } from './load.ts';

const mostSamples = 1_000_000;

/** Keeps how long each request took. */
export class Latencies {
  readonly #durations = new Float64Array(mostSamples);
  readonly #startedAt = performance.now();
  #calls = 0;

  add(ms: number): void {
    this.#durations[this.#calls++ % mostSamples] = ms;
  }

  get load(): Load {
    const tookMs = performance.now() - this.#startedAt;
    const sorted = this.#durations.subarray(0, Math.min(this.#calls, mostSamples)).sort();
    const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return {
      calls: this.#calls,
      perSecond: (this.#calls / tookMs) * 1000,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
    };
  }
}
