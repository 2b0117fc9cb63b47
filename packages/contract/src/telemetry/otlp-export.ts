type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether the environment asks for spans to be exported: `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is
 * set, `OTEL_SDK_DISABLED` is not `true`, and `OTEL_TRACES_EXPORTER` has `otlp` where it is set.
 */
export function isTraceExportAsked(env: Environment): boolean {
  return isAsked(env, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, env.OTEL_TRACES_EXPORTER);
}

/**
 * Whether the environment asks for metrics to be pushed: `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` is
 * set, `OTEL_SDK_DISABLED` is not `true`, and `OTEL_METRICS_EXPORTER` has `otlp` where it is set.
 */
export function isMetricsPushAsked(env: Environment): boolean {
  return isAsked(env, env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, env.OTEL_METRICS_EXPORTER);
}

function isAsked(env: Environment, ownEndpoint: string | undefined, ownExporters: string | undefined): boolean {
  const endpoint = ownEndpoint || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const exporters = (ownExporters || 'otlp').split(',').map((name) => name.trim());
  return !!endpoint && env.OTEL_SDK_DISABLED?.toLowerCase() !== 'true' && exporters.includes('otlp');
}
