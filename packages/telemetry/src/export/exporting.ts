import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace';
import { now } from '@parley/contract';
import type { BatchOptions } from '../environment.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { WallClock } from '../wall-clock.ts';
import { CollectorConnections } from './collector-connections.ts';
import { QuietExporter } from './quiet-exporter.ts';
import { PlainSpan } from './readable-span.ts';

/** How spans leave the process. */
export interface ExportingOptions {
  readonly serviceName: string;
  readonly serviceVersion?: string | undefined;
  readonly batches: BatchOptions;
  readonly warn: (message: string) => void;
  /** Default: OTLP over HTTP with protobuf, as `OTEL_EXPORTER_OTLP_…` say. */
  readonly exporter?: SpanExporter | undefined;
}

/** Sends spans in batches. */
export interface Exporting {
  export(span: FinishedSpan): void;
  /** Sends what waits, and no more after that. Rejects where a batch cannot be sent. */
  close(): Promise<void>;
  /** Ends what is still being sent, without another word. To be called where {@link close} takes too long. */
  abandon(): void;
}

/**
 * Opens the way to the collector. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` go before the name and version that are
 * given. At most 2048 spans wait; more are dropped.
 */
export function openExporting(options: ExportingOptions): Exporting {
  const { serviceName, serviceVersion, batches, warn } = options;
  const connections = new CollectorConnections('TRACES');
  const { exporter = new OTLPTraceExporter({ httpAgentOptions: connections.configuration.agentFactory }) } = options;
  const resource = defaultResource()
    .merge(detectResources({ detectors: [serviceInstanceIdDetector] }))
    .merge(resourceFromAttributes({ 'service.name': serviceName, 'service.version': serviceVersion }))
    .merge(detectResources({ detectors: [envDetector] }));
  const clock = new WallClock(now);
  const quiet = new QuietExporter(exporter, warn, now);
  const processor = new BatchSpanProcessor({ ...batches, exporter: quiet });
  return {
    export: (span) => processor.onEnd(new PlainSpan(span, resource, clock)),
    close: () => processor.shutdown(),
    abandon() {
      quiet.silence();
      connections.close();
    },
  };
}
