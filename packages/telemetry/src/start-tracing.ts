import { isExported } from './export-check.ts';
import type { Tracing } from './tracing.ts';

/** Whose spans are exported. */
export interface TracingOptions {
  /** `service.name` of the spans, where neither `OTEL_SERVICE_NAME` nor `OTEL_RESOURCE_ATTRIBUTES` has one. */
  readonly serviceName: string;
  /** `service.version` of the spans. Default: none. */
  readonly serviceVersion?: string;
  /** Gets one sentence at a time: a setting that is wrong, a collector that is down. Default: a warning of the process. */
  readonly warn?: (message: string) => void;
}

/**
 * Exports OpenTelemetry spans of this process' calls, and of the requests that it tells the `listener` of. `serve` does this
 * by itself; for a script that calls services:
 *
 * ```ts
 * const tracing = await startTracing({ serviceName: 'nightly-import' });
 * // … calls …
 * await tracing?.close();
 * ```
 *
 * @returns undefined, with nothing of OpenTelemetry loaded, where `OTEL_EXPORTER_OTLP_ENDPOINT` and
 *   `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` are not set, `OTEL_SDK_DISABLED` is true or `OTEL_TRACES_EXPORTER` is not `otlp`, where an
 *   address is none, and where the application has registered an OpenTelemetry SDK of its own
 */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { serviceName, serviceVersion, warn = warnProcess } = options;
  if (!isExported('TRACES', warn)) return undefined;
  // The SDK is large: it is loaded only where spans are exported.
  const { openTracing } = await import('./tracing.ts');
  return openTracing({ serviceName, serviceVersion, warn });
}

function warnProcess(message: string): void {
  process.emitWarning(message, 'ParleyTracesWarning');
}
