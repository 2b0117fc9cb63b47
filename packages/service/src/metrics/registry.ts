import type { MetricFamily, MetricPoint } from '@parley/contract';
import { bounds, type Exemplar, Histogram } from './histogram.ts';

/** The formats of a scrape: Prometheus text 0.0.4, and OpenMetrics 1.0, which has exemplars. */
export type MetricsFormat = 'text' | 'openmetrics';

/** Media types of the formats. */
export const metricsMediaTypes: Readonly<Record<MetricsFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** A value that is read when somebody scrapes, with the values of its labels. */
export interface Reading {
  readonly labels: readonly string[];
  readonly value: number;
}

/** What a metric is called. */
export interface MetricName<Label extends string = string> {
  /** That of a counter ends in `_total`. */
  readonly name: string;
  /** One sentence for people. */
  readonly help: string;
  /** Names of its labels. Default: none. */
  readonly labels?: readonly Label[];
  /**
   * The label values that a set of them counts under once there are {@link maxSeries} sets: of few values, such as the name of the upstream. So
   * an upstream with many paths leaves others their figures. Default: all become `other`.
   */
  readonly overflow?: (...values: string[]) => readonly string[];
}

/**
 * Label sets that one metric has at most. What comes after them counts in the sets of {@link MetricName.overflow}, as many at most, and then in one
 * set whose labels are all `other`: no caller can fill the memory of the service, or of Prometheus.
 */
export const maxSeries = 1000;

/** The value of a label that stands for many. */
export const other = 'other';

/** The series of label values that begin alike. Maps within maps: a key of all values together would cost more than the rest of a request's metrics. */
class Branch<Series> {
  readonly next = new Map<string, Branch<Series>>();
  series: Series | undefined;
}

/** One metric with its series, one for each set of label values. */
abstract class Metric<Series> {
  readonly #root = new Branch<Series>();
  readonly #all: Series[] = [];
  readonly #name: MetricName;

  constructor(name: MetricName) {
    this.#name = name;
  }

  abstract readonly type: 'counter' | 'gauge' | 'histogram';

  /** The series of these label values, in the order of the labels. */
  of(...values: readonly string[]): Series {
    let branch: Branch<Series> | undefined = this.#root;
    for (const value of values) branch = branch?.next.get(value);
    return branch?.series ?? this.#make(values);
  }

  #make(values: readonly string[]): Series {
    const together = this.#together(values);
    if (together.some((value, index) => value !== values[index])) return this.of(...together);
    let branch = this.#root;
    for (const value of values) {
      const next = branch.next.get(value) ?? new Branch<Series>();
      branch.next.set(value, next);
      branch = next;
    }
    branch.series = this.create(labelText(this.#name.labels ?? [], values), values);
    this.#all.push(branch.series);
    return branch.series;
  }

  /** The label values that new ones count under. */
  #together(values: readonly string[]): readonly string[] {
    if (this.#all.length < maxSeries) return values;
    const { overflow } = this.#name;
    return overflow && this.#all.length < 2 * maxSeries ? overflow(...values) : values.map(() => other);
  }

  protected abstract create(labels: string, values: readonly string[]): Series;
  protected abstract pointOf(series: Series): MetricPoint;
  protected abstract linesOf(series: Series, name: string, format: MetricsFormat): readonly string[];

  lines(format: MetricsFormat): readonly string[] {
    const { name } = this.#name;
    return this.#all.flatMap((series) => this.linesOf(series, name, format));
  }

  get about(): MetricName {
    return this.#name;
  }

  points(): readonly MetricPoint[] {
    return this.#all.map((series) => this.pointOf(series));
  }
}

/** A number that only grows. */
export interface Count {
  readonly labels: string;
  /** Values of the labels. */
  readonly values: readonly string[];
  value: number;
}

/** A metric that counts. */
export class Counter extends Metric<Count> {
  readonly type = 'counter';

  protected create(labels: string, values: readonly string[]): Count {
    return { labels, values, value: 0 };
  }

  protected pointOf({ values, value }: Count): MetricPoint {
    return { labels: values, value };
  }

  protected linesOf({ labels, value }: Count, name: string): readonly string[] {
    return [sample(name, labels, value)];
  }
}

/** A metric that counts durations by buckets. */
export class Durations extends Metric<Histogram> {
  readonly type = 'histogram';

  protected create(labels: string, values: readonly string[]): Histogram {
    return new Histogram(labels, values);
  }

  protected pointOf({ values, counts, sum }: Histogram): MetricPoint {
    return { labels: values, value: { bounds, counts, sum } };
  }

  protected linesOf(histogram: Histogram, name: string, format: MetricsFormat): readonly string[] {
    const { labels } = histogram;
    const buckets = histogram.buckets().map(({ bound, count, exemplar }) => {
      const line = sample(`${name}_bucket`, joined(labels, `le="${bound}"`), count);
      return exemplar && format === 'openmetrics' ? `${line} ${exemplarText(exemplar)}` : line;
    });
    return [...buckets, sample(`${name}_sum`, labels, histogram.sum), sample(`${name}_count`, labels, histogram.count)];
  }
}

/** A metric whose values are read at each scrape. */
class Observed {
  readonly type: 'counter' | 'gauge';
  readonly about: MetricName;
  readonly #read: () => Iterable<Reading>;

  constructor(type: 'counter' | 'gauge', about: MetricName, read: () => Iterable<Reading>) {
    this.type = type;
    this.about = about;
    this.#read = read;
  }

  lines(): readonly string[] {
    const { name, labels = [] } = this.about;
    return this.points().map((reading) => sample(name, labelText(labels, reading.labels), reading.value));
  }

  points(): readonly Reading[] {
    return [...this.#read()];
  }
}

/**
 * The metrics of one service, and how they are written.
 *
 * Why not a library: `@prometheus-io/client` 0.16 takes about 1 µs for an observation and 0.4 µs for a count. A call needs two
 * observations and one count: that would be 4 % of its CPU. Its registry has one format, exemplars in OpenMetrics only.
 */
export class MetricsRegistry {
  readonly #metrics: (Counter | Durations | Observed)[] = [];

  counter(name: MetricName): Counter {
    return this.#add(new Counter(name));
  }

  durations(name: MetricName): Durations {
    return this.#add(new Durations(name));
  }

  /** A gauge, or a counter that something else counts: `read` runs at each scrape. */
  observed(type: 'counter' | 'gauge', name: MetricName, read: () => Iterable<Reading>): void {
    this.#add(new Observed(type, name, read));
  }

  /** All metrics as text, in the order in which they were made. */
  render(format: MetricsFormat): string {
    const families = this.#metrics.map((metric) => {
      const { name, help } = metric.about;
      // In OpenMetrics a counter's family has no suffix, and its samples have one.
      const family = format === 'openmetrics' && metric.type === 'counter' ? name.replace(/_total$/, '') : name;
      return [`# HELP ${family} ${help}`, `# TYPE ${family} ${metric.type}`, ...metric.lines(format)].join('\n');
    });
    return format === 'openmetrics' ? `${families.join('\n')}\n# EOF\n` : `${families.join('\n')}\n`;
  }

  /** All metrics as data, with their values as they are now. */
  families(): readonly MetricFamily[] {
    return this.#metrics.map((metric) => {
      const { name, help, labels = [] } = metric.about;
      return { name, help, type: metric.type, labels, points: metric.points() };
    });
  }

  #add<M extends Counter | Durations | Observed>(metric: M): M {
    this.#metrics.push(metric);
    return metric;
  }
}

function sample(name: string, labels: string, value: number): string {
  return `${name}${labels && `{${labels}}`} ${numberText(value)}`;
}

function exemplarText({ traceId, value, atMs }: Exemplar): string {
  return `# {trace_id="${escaped(traceId)}"} ${numberText(value)} ${(atMs / 1000).toFixed(3)}`;
}

function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, index) => `${name}="${escaped(values[index] ?? '')}"`).join(',');
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(',');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
