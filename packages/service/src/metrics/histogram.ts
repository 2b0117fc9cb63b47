/** Upper bounds of the buckets, in seconds: those of OpenTelemetry's HTTP conventions. */
export const bounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** From this duration on, in seconds, a bucket keeps the trace of its latest duration: those are the ones to look at. */
const slowS = 0.1;

/** A duration that was counted, with the trace that it belongs to. */
export interface Exemplar {
  readonly traceId: string;
  /** In seconds. */
  readonly value: number;
  readonly atMs: number;
}

/** A bucket, as it is written: with all shorter durations. */
export interface Bucket {
  /** Upper bound in seconds, `+Inf` for the last. */
  readonly bound: string;
  readonly count: number;
  readonly exemplar: Exemplar | undefined;
}

/** Counts durations by buckets. */
export class Histogram {
  /** The labels as they are written. */
  readonly labels: string;
  /** Values of the labels. */
  readonly values: readonly string[];
  readonly #counts = new Float64Array(bounds.length + 1);
  readonly #exemplars: (Exemplar | undefined)[] = [];
  sum = 0;

  constructor(labels = '', values: readonly string[] = []) {
    this.labels = labels;
    this.values = values;
  }

  /** How many durations each bucket has, alone: the last one has no bound. */
  get counts(): readonly number[] {
    return [...this.#counts];
  }

  /** How many were counted. */
  get count(): number {
    return this.#counts.reduce((all, one) => all + one, 0);
  }

  /** Counts one duration, in seconds. */
  observe(seconds: number, traceId: string | undefined): void {
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.sum += seconds;
    if (traceId !== undefined && seconds >= slowS) {
      this.#exemplars[bucket] = { traceId, value: seconds, atMs: Date.now() };
    }
  }

  /** All buckets, the shortest first. */
  buckets(): readonly Bucket[] {
    let count = 0;
    return Array.from(this.#counts, (own, index) => {
      count += own;
      const bound = bounds[index];
      return { bound: bound === undefined ? '+Inf' : String(bound), count, exemplar: this.#exemplars[index] };
    });
  }
}
