import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { failureReason } from './failure-reason.ts';

type Done = Parameters<SpanExporter['export']>[1];

/** A collector that is down is reported once in this time, in ms. */
const silenceMs = 60_000;

/** Says that spans are lost, at most once a minute and with their number: an exporter alone says nothing, or something each time. */
export class QuietExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #warn: (message: string) => void;
  readonly #nowMs: () => number;
  #lost = 0;
  #isSilent = false;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(exporter: SpanExporter, warn: (message: string) => void, nowMs: () => number) {
    this.#exporter = exporter;
    this.#warn = warn;
    this.#nowMs = nowMs;
  }

  export(spans: ReadableSpan[], done: Done): void {
    this.#exporter.export(spans, (result) => {
      if (result.code !== 0) this.#failed(spans.length, result.error);
      done(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  /** Says nothing any more. */
  silence(): void {
    this.#isSilent = true;
  }

  #failed(count: number, error: Error | undefined): void {
    this.#lost += count;
    const nowMs = this.#nowMs();
    if (this.#isSilent || nowMs - this.#lastMs < silenceMs) return;
    this.#lastMs = nowMs;
    this.#warn(
      `${spansText(this.#lost)} not exported: ${failureReason(error)}; is OTEL_EXPORTER_OTLP_ENDPOINT a collector?`,
    );
    this.#lost = 0;
  }
}

function spansText(count: number): string {
  return count === 1 ? '1 span was' : `${count} spans were`;
}
