import {
  type Attributes,
  createTraceState,
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';
import type { FinishedSpan } from '../spans/finished-span.ts';
import type { WallClock } from '../wall-clock.ts';

const links: Link[] = [];
const events: TimedEvent[] = [];
const scope = { name: '@parley/telemetry' };
const failed: SpanStatus = { code: SpanStatusCode.ERROR };
const unset: SpanStatus = { code: SpanStatusCode.UNSET };

/** A finished span as the SDK's processors and exporters read it. */
export class PlainSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links = links;
  readonly events = events;
  readonly ended = true;
  readonly resource: Resource;
  readonly instrumentationScope = scope;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly #context: SpanContext;

  constructor(span: FinishedSpan, resource: Resource, clock: WallClock) {
    const { place, durationMs, kind } = span;
    const { traceId, spanId, parentSpanId, state } = place;
    const startMs = clock.at(place.startMs);
    // Sampled, whatever the trace's flag is: the processor drops all others.
    const shared = { traceId, traceFlags: TraceFlags.SAMPLED, ...(state && { traceState: createTraceState(state) }) };
    this.name = span.name;
    this.kind = kind;
    this.#context = { ...shared, spanId };
    if (parentSpanId) {
      this.parentSpanContext = { ...shared, spanId: parentSpanId, isRemote: kind === SpanKind.SERVER };
    }
    this.startTime = timeOf(startMs);
    this.endTime = timeOf(startMs + durationMs);
    this.duration = timeOf(durationMs);
    this.status = span.isError ? failed : unset;
    this.attributes = span.attributes();
    this.resource = resource;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

/** Seconds and nanoseconds. */
function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
