import type { ReplicaSample } from './replica-sample.ts';

/** What happened between two samples of one or more replicas. */
export interface Rates {
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  /** In ms, to the upper bound of a bucket at worst; undefined without a request. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Counters of one replica between two samples. */
export interface Growth {
  readonly seconds: number;
  readonly requests: number;
  readonly errors: number;
  readonly buckets: ReadonlyMap<number, number>;
}

/** How far the counters grew. A process that started in between counts from 0. */
export function growth(from: ReplicaSample, to: ReplicaSample): Growth {
  const isSame = from.startedAtS === to.startedAtS && from.requests <= to.requests;
  const before = isSame ? from : undefined;
  const buckets = [...to.buckets].map(([bound, count]) => [bound, count - (before?.buckets.get(bound) ?? 0)] as const);
  return {
    seconds: Math.max(0.001, (to.atMs - from.atMs) / 1_000),
    requests: to.requests - (before?.requests ?? 0),
    errors: to.errors - (before?.errors ?? 0),
    buckets: new Map(buckets),
  };
}

/**
 * The rates of several replicas together.
 *
 * @param recent growth since the last look, for requests and errors a second
 * @param window growth over a longer time, for the percentiles: a second has too few requests
 */
export function ratesOf(recent: readonly Growth[], window: readonly Growth[]): Rates {
  const perSecond = (count: (one: Growth) => number) =>
    recent.reduce((total, one) => total + count(one) / one.seconds, 0);
  const buckets = new Map<number, number>();
  for (const one of window) {
    for (const [bound, count] of one.buckets) buckets.set(bound, (buckets.get(bound) ?? 0) + count);
  }
  return {
    requestsPerSecond: perSecond(({ requests }) => requests),
    errorsPerSecond: perSecond(({ errors }) => errors),
    p50Ms: quantileMs(buckets, 0.5),
    p99Ms: quantileMs(buckets, 0.99),
  };
}

/**
 * The duration that a share of the requests did not exceed, in ms, interpolated in its bucket as Prometheus'
 * `histogram_quantile` does; the largest bound for a request beyond all of them.
 */
export function quantileMs(buckets: ReadonlyMap<number, number>, share: number): number | undefined {
  const sorted = [...buckets].sort(([one], [other]) => one - other);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  const rank = share * total;
  let [lower, below] = [0, 0];
  for (const [bound, count] of sorted) {
    if (count >= rank && count > below) {
      if (bound === Number.POSITIVE_INFINITY) break;
      return (lower + ((bound - lower) * (rank - below)) / (count - below)) * 1_000;
    }
    if (bound !== Number.POSITIVE_INFINITY) [lower, below] = [bound, count];
  }
  return lower * 1_000;
}
