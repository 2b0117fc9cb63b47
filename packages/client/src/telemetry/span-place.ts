import { headerNames, parseTraceparent, type SpanPlace } from '@parley/contract';
import type { Attempt, Call } from '../layer.ts';

/** Where a call stands in its trace; undefined where it began before anybody made spans, or has no trace. */
export function spanPlaceOfCall(call: Call, startMs: number): SpanPlace | undefined {
  const { context, headers, spanId } = call;
  const trace = context.trace ?? parseTraceparent(headers[headerNames.traceparent], headers[headerNames.tracestate]);
  if (!trace || !spanId) return undefined;
  const { traceId, isSampled, state } = trace;
  const parentSpanId = context.trace?.spanId;
  return {
    traceId,
    spanId,
    parentSpanId,
    localRootId: parentSpanId ?? spanId,
    isSampled,
    state,
    startMs,
    path: pathOf(call),
  };
}

/** Where an attempt stands in its trace: its span is the one that its upstream gets as parent. */
export function spanPlaceOfAttempt({ call, headers }: Attempt, startMs: number): SpanPlace | undefined {
  const sent = parseTraceparent(headers[headerNames.traceparent], headers[headerNames.tracestate]);
  if (!sent) return undefined;
  const { traceId, spanId, isSampled, state } = sent;
  const parentSpanId = call.spanId ?? call.context.trace?.spanId;
  const localRootId = call.context.trace?.spanId ?? call.spanId ?? spanId;
  return { traceId, spanId, parentSpanId, localRootId, isSampled, state, startMs, path: pathOf(call) };
}

function pathOf({ path }: Call): string {
  const end = path.indexOf('?');
  return end === -1 ? path : path.slice(0, end);
}
