/** How often durations fell into each bucket. */
export interface MetricHistogram {
  /** Upper bounds of the buckets, the shortest first; one more bucket has no bound. */
  readonly bounds: readonly number[];
  /** Of each bucket alone: one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A value of a metric. */
export interface MetricPoint {
  /** Values of the labels, in their order. */
  readonly labels: readonly string[];
  readonly value: number | MetricHistogram;
}

/** One metric with its values as they are now, for what writes or sends them. */
export interface MetricFamily {
  /** As Prometheus names it: with its unit, and `_total` for a counter. */
  readonly name: string;
  /** One sentence for people. */
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Names of its labels. */
  readonly labels: readonly string[];
  readonly points: readonly MetricPoint[];
}
