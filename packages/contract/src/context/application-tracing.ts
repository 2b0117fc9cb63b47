import type { TraceContext } from './trace-context.ts';

/** What an application's OpenTelemetry SDK registers in its process, as far as we read it. Its major version is in the key. */
interface RegisteredApi {
  readonly trace?: unknown;
  readonly context?: { active(): { getValue(key: symbol): ActiveSpan | undefined } };
}

interface ActiveSpan {
  spanContext(): {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceFlags: number;
    readonly traceState?: { serialize(): string };
  };
}

const apiKey = Symbol.for('opentelemetry.js.api.1');
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');

/** Whether the application has registered a tracer provider of its own with `@opentelemetry/api`. */
export function isTracedByApplication(): boolean {
  return registeredApi()?.trace !== undefined;
}

/**
 * The span that the application's own OpenTelemetry SDK has active here. Undefined without a registered SDK, and outside of
 * its spans.
 */
export function applicationSpan(): TraceContext | undefined {
  const api = registeredApi();
  if (!api?.trace) return undefined;
  const span = api.context?.active().getValue(spanKey)?.spanContext();
  if (!span || /^0*$/.test(span.traceId)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = span;
  const state = traceState?.serialize();
  return { traceId, spanId, isSampled: (traceFlags & 1) !== 0, ...(state && { state }) };
}

// Read without the package: it is the application's, of whatever minor version.
function registeredApi(): RegisteredApi | undefined {
  return (globalThis as { readonly [apiKey]?: RegisteredApi })[apiKey];
}
