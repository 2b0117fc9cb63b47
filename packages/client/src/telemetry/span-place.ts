import { headerNames, parseTraceparent, type SpanPlace, type TraceContext } from '@parley/contract';
import type { Attempt, Call } from '../layer.ts';

/** Where a call stands in its trace; undefined where it began before anybody made spans, or has no trace. */
export function spanPlaceOfCall(call: Call, startMs: number): SpanPlace | undefined {
  const { context, spanId } = call;
  const trace = traceOf(call);
  if (!trace || !spanId) return undefined;
  const parentSpanId = context.trace?.spanId;
  return placeOf(call, trace, { spanId, parentSpanId, localRootId: parentSpanId ?? spanId, startMs });
}

/** Where an attempt stands in its trace: its span is the one that its upstream gets as parent. */
export function spanPlaceOfAttempt({ call, headers }: Attempt, startMs: number): SpanPlace | undefined {
  const trace = traceOf(call);
  const spanId = sentSpanId(headers);
  if (!trace || !spanId) return undefined;
  const above = call.context.trace?.spanId;
  const parentSpanId = call.spanId ?? above;
  return placeOf(call, trace, { spanId, parentSpanId, localRootId: above ?? call.spanId ?? spanId, startMs });
}

/** The span id in the `traceparent` of these headers, found without reading all of it. Undefined without one. */
export function sentSpanId(headers: Attempt['headers']): string | undefined {
  const id = headers[headerNames.traceparent]?.slice(36, 52);
  return id && spanIdPattern.test(id) ? id : undefined;
}

const spanIdPattern = /^[0-9a-f]{16}$/;

/** The trace of a call. Outside a request its headers begin one. */
function traceOf({ context, headers }: Call): TraceContext | undefined {
  return context.trace ?? parseTraceparent(headers[headerNames.traceparent], headers[headerNames.tracestate]);
}

type Ids = Pick<SpanPlace, 'spanId' | 'parentSpanId' | 'localRootId' | 'startMs'>;

function placeOf({ path }: Call, { traceId, isSampled, state }: TraceContext, ids: Ids): SpanPlace {
  const { spanId, parentSpanId, localRootId, startMs } = ids;
  const end = path.indexOf('?');
  const bare = end === -1 ? path : path.slice(0, end);
  return { traceId, spanId, parentSpanId, localRootId, isSampled, state, startMs, path: bare };
}
