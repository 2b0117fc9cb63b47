import type { SpanExporter } from '@opentelemetry/sdk-trace';
import {
  type AttemptOutcome,
  type CallOutcome,
  now,
  sampleBy,
  type TelemetryListener,
  watchUpstreams,
} from '@parley/contract';
import { tracesEnvironment } from './environment.ts';
import { type Exporting, openExporting } from './export/exporting.ts';
import { headSampler } from './sampling/head-sampler.ts';
import { TailSampling } from './sampling/tail-sampling.ts';
import { attemptSpan, callSpan } from './spans/client-spans.ts';
import { type FinishedRequest, serverSpan } from './spans/server-span.ts';

/** Spans on their way to a collector. */
export interface Tracing {
  /** For `listeners` of a service kit: makes server spans. `serve` has it already. */
  readonly listener: RequestListener;
  /** Sends what waits, for 3 s at most, and makes no more spans. Never rejects. */
  close(): Promise<void>;
}

/** Makes server spans of requests. */
export interface RequestListener {
  readonly wantsSpans: true;
  onRequest(request: FinishedRequest): void;
}

/** The longest that a process waits for the collector at its end, in ms. */
const closeMs = 3000;

/** Those that run in this process: calls are the first one's, so that none is exported twice. */
const running: RunningTracing[] = [];

/** What spans are made with. */
export interface OpenTracingOptions {
  readonly serviceName: string;
  readonly serviceVersion?: string | undefined;
  readonly warn: (message: string) => void;
  /** Default: OTLP, as the environment says. */
  readonly exporter?: SpanExporter | undefined;
}

/** Makes spans of all calls of this process from now on, and sends them. */
export function openTracing(options: OpenTracingOptions): Tracing {
  const { sampler, ratio, slowMs, batches, faults } = tracesEnvironment(process.env);
  for (const fault of faults) options.warn(fault);
  const exporting = openExporting({ ...options, batches });
  // After what may throw: an exporter's endpoint may be no URL.
  sampleBy(headSampler(sampler, ratio));
  return new RunningTracing(exporting, slowMs, options.warn);
}

class RunningTracing implements Tracing {
  readonly listener: RequestListener;
  readonly #exporting: Exporting;
  readonly #slowMs: number;
  readonly #warn: (message: string) => void;
  readonly #tail: TailSampling;
  readonly #endWatch: () => void;
  #closed: Promise<void> | undefined;

  constructor(exporting: Exporting, slowMs: number, warn: (message: string) => void) {
    this.#exporting = exporting;
    this.#slowMs = slowMs;
    this.#warn = warn;
    this.#tail = new TailSampling((span) => exporting.export(span), now);
    this.listener = { wantsSpans: true, onRequest: (request) => this.#onRequest(request) };
    const calls: TelemetryListener = {
      wantsSpans: true,
      onCall: (call) => this.#onCall(call),
      onAttempt: (attempt) => this.#onAttempt(attempt),
    };
    running.push(this);
    this.#endWatch = watchUpstreams((upstream) => upstream.subscribe(calls));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #onRequest(request: FinishedRequest): void {
    if (request.span && !this.#closed) this.#tail.ended(serverSpan(request, request.span, this.#slowMs));
  }

  #onCall(call: CallOutcome): void {
    if (call.span && running[0] === this) this.#tail.ended(callSpan(call, call.span, this.#slowMs));
  }

  #onAttempt(attempt: AttemptOutcome): void {
    if (attempt.span && running[0] === this) this.#tail.ended(attemptSpan(attempt, attempt.span));
  }

  async #close(): Promise<void> {
    this.#endWatch();
    running.splice(running.indexOf(this), 1);
    if (running.length === 0) sampleBy(undefined);
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(late.resolve, closeMs, 'late');
    try {
      const end = await Promise.race([this.#exporting.close(), late.promise]);
      if (end === 'late') {
        this.#exporting.abandon();
        this.#warn(`the last spans were not exported: the collector did not take them in ${closeMs} ms`);
      }
    } catch {
      // The exporter has reported it.
    } finally {
      clearTimeout(timer);
    }
  }
}
