import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace';
import { now } from '@parley/contract';
import type { BatchOptions } from '../environment.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { WallClock } from '../wall-clock.ts';
import { CollectorConnections } from './collector-connections.ts';
import { QuietExporter } from './quiet-exporter.ts';
import { PlainSpan } from './readable-span.ts';
import { type ExportedService, serviceResource } from './service-resource.ts';

/** How spans leave the process. */
export interface ExportingOptions extends ExportedService {
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

/** Opens the way to the collector. At most 2048 spans wait; more are dropped. */
export function openExporting(options: ExportingOptions): Exporting {
  const { batches, warn } = options;
  const connections = new CollectorConnections('TRACES');
  const { exporter = new OTLPTraceExporter({ httpAgentOptions: connections.configuration.agentFactory }) } = options;
  const resource = serviceResource(options);
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
