import type { MetricsFormat } from '../metrics/registry.ts';

/** One series of a metric, as one process has it. */
interface Sample {
  readonly value: number;
  /** As it is written behind the value; its end is a time in seconds. */
  readonly exemplar: string;
}

/** One metric, as one process has it. */
interface Family {
  readonly help: string;
  readonly type: string;
  /** By name and labels, as they are written. */
  readonly samples: Map<string, Sample>;
}

type Families = Map<string, Family>;

/** Gauges that are no sums. */
const gaugeRules: Readonly<Record<string, (a: number, b: number) => number>> = {
  parley_service_info: Math.max,
  parley_server_draining: Math.min, // 1 only while all workers drain
  parley_server_certificate_expiry_timestamp_seconds: Math.min,
  process_start_time_seconds: Math.min,
};

/** Samples of one metric that are kept of workers that have ended: a histogram has 17 for each of its label sets, of which there are 2000. */
const maxKept = 34_000;

/**
 * The metrics of several processes as those of one. Counters and histograms are summed, with those of workers that have ended: a sum that fell
 * would look like a new process, and all of it like an increase. Gauges are summed, except those of `gaugeRules`. Of
 * exemplars the latest is kept.
 */
export class MergedMetrics {
  readonly #ended: Families = new Map();

  /** Keeps the counts of a worker that has ended. @param page its metrics, in OpenMetrics' format */
  keep(page: string): void {
    const counts = [...familiesIn(page)].filter(([, { type }]) => type !== 'gauge');
    add(this.#ended, new Map(counts), maxKept);
  }

  /** The metrics of all workers. @param pages those of each, in OpenMetrics' format */
  render(pages: readonly string[], format: MetricsFormat): string {
    const all: Families = new Map();
    for (const page of pages) add(all, familiesIn(page));
    add(all, this.#ended);
    const text = [...all].map(([name, family]) => familyText(name, family, format)).join('');
    return format === 'openmetrics' ? `${text}# EOF\n` : text;
  }
}

function add(to: Families, from: Families, most = Number.POSITIVE_INFINITY): void {
  for (const [name, { help, type, samples }] of from) {
    const family = to.get(name) ?? { help, type, samples: new Map() };
    to.set(name, family);
    const rule = (type === 'gauge' && gaugeRules[name]) || sum;
    for (const [series, sample] of samples) {
      const before = family.samples.get(series);
      if (!before && family.samples.size >= most) continue;
      family.samples.set(series, before ? merged(before, sample, rule) : sample);
    }
  }
}

const sum = (a: number, b: number) => a + b;

function merged(a: Sample, b: Sample, rule: (a: number, b: number) => number): Sample {
  return { value: rule(a.value, b.value), exemplar: timeOf(a) >= timeOf(b) ? a.exemplar : b.exemplar };
}

function timeOf({ exemplar }: Sample): number {
  return exemplar ? Number(exemplar.slice(exemplar.lastIndexOf(' '))) : -1;
}

/** Quoted label values may hold braces and spaces. */
const sampleLine = /^([^\s{]+(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?) (\S+)(.*)$/;

function familiesIn(page: string): Families {
  const families: Families = new Map();
  let family: Family | undefined;
  let help = '';
  for (const line of page.split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') help = rest;
    else if (keyword === 'TYPE') {
      family = { help, type: rest, samples: new Map() };
      families.set(name, family);
    } else {
      const [, series, value = '', exemplar = ''] = sampleLine.exec(line) ?? [];
      if (series && line[0] !== '#') family?.samples.set(series, { value: numberOf(value), exemplar });
    }
  }
  return families;
}

function familyText(openMetricsName: string, { help, type, samples }: Family, format: MetricsFormat): string {
  // In OpenMetrics a counter's family has no suffix, and its samples have one.
  const name = format === 'text' && type === 'counter' ? `${openMetricsName}_total` : openMetricsName;
  const lines = [...samples].map(
    ([series, { value, exemplar }]) => `${series} ${numberText(value)}${format === 'openmetrics' ? exemplar : ''}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function numberOf(text: string): number {
  return text.endsWith('Inf') ? Number(`${text}inity`) : Number(text);
}

function numberText(value: number): string {
  return String(value).replace('Infinity', 'Inf').replace(/^Inf/, '+Inf');
}
