/** What the environment says of traces: OpenTelemetry's variables, and one of ours. */
export interface TracesEnvironment {
  /** `OTEL_TRACES_SAMPLER`. Default `parentbased_always_on`. */
  readonly sampler: SamplerName;
  /** `OTEL_TRACES_SAMPLER_ARG`: the share of traces that is sampled, from 0 to 1. Default 1. */
  readonly ratio: number;
  /** `TRACES_SLOW_MS`: a request or call that takes longer is kept though it is not sampled. Default 1000. */
  readonly slowMs: number;
  /** `OTEL_BSP_…` of the batches. Default: the SDK's, 512 spans or what there is after 5 s. */
  readonly batches: BatchOptions;
  /** What cannot be followed, one sentence each. */
  readonly faults: readonly string[];
}

/** How spans are put into batches. */
export interface BatchOptions {
  readonly scheduledDelayMillis?: number;
  readonly maxQueueSize?: number;
  readonly maxExportBatchSize?: number;
  readonly exportTimeoutMillis?: number;
}

/** Samplers that `OTEL_TRACES_SAMPLER` may name. */
export const samplerNames = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const;

/** One of {@link samplerNames}. */
export type SamplerName = (typeof samplerNames)[number];

/** What is exported, as OpenTelemetry's variables name it. */
export type Signal = 'TRACES' | 'METRICS';

type Environment = Readonly<Record<string, string | undefined>>;

const batchVariables = {
  scheduledDelayMillis: 'OTEL_BSP_SCHEDULE_DELAY',
  maxQueueSize: 'OTEL_BSP_MAX_QUEUE_SIZE',
  maxExportBatchSize: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
  exportTimeoutMillis: 'OTEL_BSP_EXPORT_TIMEOUT',
} as const satisfies Record<keyof BatchOptions, string>;

const notExported = { TRACES: 'no spans are exported', METRICS: 'no metrics are pushed' } as const;

/**
 * What keeps spans or metrics from being exported though it is asked for: the SDK would send them to localhost. None where
 * nothing does.
 */
export function endpointFault(env: Environment, signal: Signal): string | undefined {
  const name = [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT'].find((one) => env[one]);
  if (name === undefined || isAddress(env[name] as string)) return undefined;
  // Its value is not shown: an address may hold a password.
  return `${name} must be an address such as http://collector:4318: ${notExported[signal]}`;
}

/** What the environment says of metrics. */
export interface MetricsEnvironment {
  /** `OTEL_METRIC_EXPORT_INTERVAL`: the time between two pushes, in ms. Default 60000. */
  readonly intervalMs: number;
  /** What cannot be followed, one sentence each. */
  readonly faults: readonly string[];
}

/** Reads how metrics are pushed. A value that makes no sense counts as not set, and is a fault. */
export function metricsEnvironment(env: Environment): MetricsEnvironment {
  const faults = protocolFaults(env, 'METRICS');
  const interval = env.OTEL_METRIC_EXPORT_INTERVAL;
  const isFine = !interval || /^[1-9]\d{0,8}$/.test(interval);
  if (!isFine) {
    const got = JSON.stringify(interval.slice(0, 50));
    faults.push(`OTEL_METRIC_EXPORT_INTERVAL must be a whole number from 1, not ${got}: 60000 is used`);
  }
  const temporality = env.OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE || 'cumulative';
  if (temporality.toLowerCase() !== 'cumulative') {
    const got = JSON.stringify(temporality.slice(0, 50));
    faults.push(`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE must be cumulative, not ${got}: cumulative is used`);
  }
  return { intervalMs: isFine && interval ? Number(interval) : 60_000, faults };
}

function protocolFaults(env: Environment, signal: Signal): string[] {
  const own = `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`;
  const name = env[own] ? own : 'OTEL_EXPORTER_OTLP_PROTOCOL';
  const protocol = env[name] || 'http/protobuf';
  return protocol === 'http/protobuf'
    ? []
    : [`${name} must be http/protobuf, not ${JSON.stringify(protocol.slice(0, 50))}`];
}

/** Reads how traces are sampled and sent. A value that makes no sense counts as not set, and is a fault. */
export function tracesEnvironment(env: Environment): TracesEnvironment {
  const faults = protocolFaults(env, 'TRACES');
  const wrong = (name: string, expected: string, standard: string) =>
    faults.push(`${name} must be ${expected}, not ${JSON.stringify(env[name]?.slice(0, 50))}: ${standard} is used`);
  const whole = <Standard>(name: string, standard: Standard, shown: string) => {
    const text = env[name];
    if (!text) return standard;
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    wrong(name, 'a whole number from 1', shown);
    return standard;
  };
  const sampler = samplerNames.find((name) => name === (env.OTEL_TRACES_SAMPLER || samplerNames[0]));
  if (!sampler) wrong('OTEL_TRACES_SAMPLER', `one of ${samplerNames.join(', ')}`, samplerNames[0]);
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG || 1);
  const isRatio = ratio >= 0 && ratio <= 1;
  if (!isRatio) wrong('OTEL_TRACES_SAMPLER_ARG', 'a number from 0 to 1', '1');
  const batches = Object.entries(batchVariables).flatMap(([option, name]) => {
    const value = whole(name, undefined, "the SDK's default");
    return value === undefined ? [] : [[option, value]];
  });
  return {
    sampler: sampler ?? samplerNames[0],
    ratio: isRatio ? ratio : 1,
    slowMs: whole('TRACES_SLOW_MS', 1000, '1000'),
    batches: Object.fromEntries(batches),
    faults,
  };
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
