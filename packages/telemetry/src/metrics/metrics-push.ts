import { createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http';
import { MetricsExporterMetricsHelper, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { MetricFamily } from '@parley/contract';
import { metricsEnvironment } from '../environment.ts';
import { CollectorConnections } from '../export/collector-connections.ts';
import { failureReason } from '../export/failure-reason.ts';
import { type ExportedService, serviceResource } from '../export/service-resource.ts';
import { resourceMetrics } from './resource-metrics.ts';

/** Metrics that go to a collector again and again. */
export interface MetricsPush {
  /** Pushes once more, for 3 s at most, and no more after that. Never rejects. */
  close(): Promise<void>;
}

/** What is pushed. */
export interface OpenMetricsPushOptions extends ExportedService {
  /** All metrics with their values as they are now. */
  readonly read: () => readonly MetricFamily[];
  readonly warn: (message: string) => void;
}

/** How a push ended, as the SDK says it: 0 for success. */
export interface PushResult {
  readonly code: number;
  readonly error?: Error;
}

/** Sends metrics, and can be cut off. */
export interface MetricsSender {
  export(metrics: ResourceMetrics, done: (result: PushResult) => void): void;
  /** Ends what is still being sent. */
  cutOff(): void;
}

/** The longest that a process waits for the collector at its end, in ms. */
const closeMs = 3000;

/**
 * Pushes metrics from now on, each `OTEL_METRIC_EXPORT_INTERVAL`.
 *
 * Why not the SDK's meters: they would count everything a second time, and `exporter-metrics-otlp-proto` lags behind the trace
 * exporter, so that npm installs its parts twice. `otlp-exporter-base` and `otlp-transformer` are parts of the trace exporter anyway.
 *
 * @param sender default: OTLP, as the environment says
 */
export function openMetricsPush(options: OpenMetricsPushOptions, sender = otlpSender()): MetricsPush {
  const { intervalMs, faults } = metricsEnvironment(process.env);
  for (const fault of faults) options.warn(fault);
  return new RunningPush(options, sender, intervalMs);
}

// Not `@opentelemetry/exporter-metrics-otlp-proto`: it is these two in one line, and its versions lag behind theirs.
function otlpSender(): MetricsSender {
  const connections = new CollectorConnections('METRICS');
  const delegate = createOtlpHttpExportDelegate(
    connections.configuration,
    ProtobufMetricsSerializer,
    'otlp_http_metric_exporter',
    MetricsExporterMetricsHelper,
    undefined,
  );
  return {
    export: (metrics, done) => delegate.export(metrics, done),
    cutOff: () => connections.close(),
  };
}

class RunningPush implements MetricsPush {
  readonly #options: OpenMetricsPushOptions;
  readonly #sender: MetricsSender;
  readonly #resource;
  readonly #timer: NodeJS.Timeout;
  readonly #startMs = Date.now();
  #pushing: Promise<void> | undefined;
  #isOutage = false;
  #isSilent = false;
  #closed: Promise<void> | undefined;

  constructor(options: OpenMetricsPushOptions, sender: MetricsSender, intervalMs: number) {
    this.#options = options;
    this.#sender = sender;
    this.#resource = serviceResource(options);
    // One that is still under way is not overtaken: a slow collector gets fewer, and none waits.
    this.#timer = setInterval(() => {
      this.#pushing ??= this.#push();
    }, intervalMs).unref();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(late.resolve, closeMs, 'late');
    const before = this.#pushing ?? Promise.resolve();
    const end = await Promise.race([before.then(() => this.#push()), late.promise]);
    clearTimeout(timer);
    if (end !== 'late') return;
    this.#isSilent = true;
    this.#sender.cutOff();
    this.#options.warn(`the last metrics were not pushed: the collector did not take them in ${closeMs} ms`);
  }

  async #push(): Promise<void> {
    const ended = Promise.withResolvers<PushResult>();
    try {
      const times = { startMs: this.#startMs, nowMs: Date.now() };
      this.#sender.export(resourceMetrics(this.#options.read(), this.#resource, times), ended.resolve);
    } catch (error) {
      ended.resolve({ code: 1, error: error instanceof Error ? error : new Error(String(error)) });
    }
    const { code, error } = await ended.promise;
    this.#pushing = undefined;
    if (code !== 0) this.#failed(error);
    else this.#isOutage = false;
  }

  /** Once per outage: the same would be said again with each push. */
  #failed(error: Error | undefined): void {
    if (this.#isOutage || this.#isSilent) return;
    this.#isOutage = true;
    const remedy =
      'is OTEL_EXPORTER_OTLP_ENDPOINT a collector that takes metrics? OTEL_METRICS_EXPORTER=none switches this off';
    this.#options.warn(`metrics were not pushed: ${failureReason(error)}; ${remedy}`);
  }
}
