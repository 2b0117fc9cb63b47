/**
 * Whether the environment asks for spans to be exported: `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is
 * set, `OTEL_SDK_DISABLED` is not `true`, and `OTEL_TRACES_EXPORTER` has `otlp` where it is set.
 */
export function isTraceExportAsked(env: Readonly<Record<string, string | undefined>>): boolean {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const exporters = (env.OTEL_TRACES_EXPORTER || 'otlp').split(',').map((name) => name.trim());
  return !!endpoint && env.OTEL_SDK_DISABLED?.toLowerCase() !== 'true' && exporters.includes('otlp');
}
