/** Buckets per doubling: each is 9 % wider than the one below. */
const perDoubling = 8;
/** Up to 2 ^ 22 ms, more than the hour that a call may take. */
const bucketCount = 22 * perDoubling + 1;

/**
 * How long calls took, from 1 ms to an hour, in exponential buckets: 1.4 KB however many are recorded, and a
 * percentile at most 9 % too high. What was recorded long ago fades.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(bucketCount);
  #total = 0;

  /** How many latencies are recorded; faded ones count in part. */
  get total(): number {
    return this.#total;
  }

  /** Adds one. Less than 1 ms is as 1 ms. */
  record(ms: number): void {
    const bucket = Math.min(bucketCount - 1, Math.ceil(Math.log2(Math.max(1, ms)) * perDoubling));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /** The percentile in ms: the upper end of a bucket. 0 if nothing is recorded. */
  percentile(share: number): number {
    if (this.#total === 0) return 0;
    let left = share * this.#total;
    let bucket = 0;
    while (bucket < bucketCount - 1) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 1e-9 * this.#total) break; // sums of what has faded are not exact
      bucket++;
    }
    return 2 ** (bucket / perDoubling);
  }

  /** Lets all that is recorded so far count for this share of itself. */
  fade(share: number): void {
    this.#total = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const count = (this.#counts[bucket] ?? 0) * share;
      this.#counts[bucket] = count;
      this.#total += count;
    }
  }
}
