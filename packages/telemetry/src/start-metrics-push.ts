import type { MetricFamily } from '@parley/contract';
import { isExported } from './export-check.ts';
import type { MetricsPush } from './metrics/metrics-push.ts';

/** Whose metrics are pushed. */
export interface MetricsPushOptions {
  /** `service.name` of the metrics, where neither `OTEL_SERVICE_NAME` nor `OTEL_RESOURCE_ATTRIBUTES` has one. */
  readonly serviceName: string;
  /** `service.version` of the metrics. Default: none. */
  readonly serviceVersion?: string | undefined;
  /** All metrics with their values as they are now: asked at each push. */
  readonly read: () => readonly MetricFamily[];
  /** Gets one sentence at a time: a setting that is wrong, a collector that is down. Default: a warning of the process. */
  readonly warn?: ((message: string) => void) | undefined;
}

/**
 * Pushes metrics to an OpenTelemetry collector by OTLP, each `OTEL_METRIC_EXPORT_INTERVAL` (default 60 s). `serve` does this by
 * itself with the metrics of `/metrics`.
 *
 * @returns undefined, with nothing of OpenTelemetry loaded, where `OTEL_EXPORTER_OTLP_ENDPOINT` and
 *   `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` are not set, `OTEL_SDK_DISABLED` is true or `OTEL_METRICS_EXPORTER` is not `otlp`, where an
 *   address is none, and where the application has registered an OpenTelemetry SDK of its own
 */
export async function startMetricsPush(options: MetricsPushOptions): Promise<MetricsPush | undefined> {
  const { warn = warnProcess, ...metrics } = options;
  if (!isExported('METRICS', warn)) return undefined;
  // The SDK is large: it is loaded only where metrics are pushed.
  const { openMetricsPush } = await import('./metrics/metrics-push.ts');
  return openMetricsPush({ ...metrics, warn });
}

function warnProcess(message: string): void {
  process.emitWarning(message, 'ParleyMetricsWarning');
}
