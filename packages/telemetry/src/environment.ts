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

type Environment = Readonly<Record<string, string | undefined>>;

const batchVariables = {
  scheduledDelayMillis: 'OTEL_BSP_SCHEDULE_DELAY',
  maxQueueSize: 'OTEL_BSP_MAX_QUEUE_SIZE',
  maxExportBatchSize: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
  exportTimeoutMillis: 'OTEL_BSP_EXPORT_TIMEOUT',
} as const satisfies Record<keyof BatchOptions, string>;

/** What keeps spans from being exported though it is asked for: the SDK would send them to localhost. None where nothing does. */
export function endpointFault(env: Environment): string | undefined {
  const name = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'].find((one) => env[one]);
  if (name === undefined || isAddress(env[name] as string)) return undefined;
  // Its value is not shown: an address may hold a password.
  return `${name} must be an address such as http://collector:4318: no spans are exported`;
}

/** Reads how traces are sampled and sent. A value that makes no sense counts as not set, and is a fault. */
export function tracesEnvironment(env: Environment): TracesEnvironment {
  const faults: string[] = [];
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
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf';
  if (protocol !== 'http/protobuf') {
    faults.push(`OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not ${JSON.stringify(protocol.slice(0, 50))}`);
  }
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
