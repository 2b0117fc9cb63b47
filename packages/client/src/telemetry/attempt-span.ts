import {
  applicationSpan,
  childTrace,
  formatTraceparent,
  headerNames,
  isTracedByApplication,
  parseTraceparent,
  type TraceContext,
} from '@parley/contract';
import type { Attempt, AttemptLayer } from '../layer.ts';
import { sentSpanId } from './span-place.ts';
import type { Telemetry } from './telemetry.ts';

/**
 * Gives each attempt a span id of its own, which its upstream gets as parent: with one id for all attempts, the replies of two
 * replicas would be below one span. The first attempt has the one that the headers
 * of the call were made with. In an application with an OpenTelemetry SDK of its own it is the active span's, and a
 * `traceparent` that the caller has set stays as it is.
 */
export function attemptSpan(telemetry: Telemetry): AttemptLayer {
  return (next) =>
    function attemptSpan(attempt) {
      const span = spanOf(attempt, telemetry.wantsSpans);
      return next(span ? withSpan(attempt, span) : attempt);
    };
}

/** The span to send; none where the headers have the right one. */
function spanOf({ headers, call, number, isHedge }: Attempt, wantsSpans: boolean): TraceContext | undefined {
  const isTraced = isTracedByApplication();
  const isFirst = number === 1 && !isHedge;
  if (isFirst && !wantsSpans && !isTraced) return undefined;
  const sent = sentSpanId(headers);
  if (sent === undefined) return undefined;
  const isCallers = sent === call.context.trace?.spanId;
  if (isTraced) return isCallers ? undefined : applicationSpan();
  if (isCallers ? !wantsSpans : isFirst) return undefined;
  const trace = parseTraceparent(headers[headerNames.traceparent], headers[headerNames.tracestate]);
  return trace && childTrace(trace);
}

function withSpan(attempt: Attempt, span: TraceContext): Attempt {
  const own = { [headerNames.traceparent]: formatTraceparent(span) };
  const state = span.state ? { [headerNames.tracestate]: span.state } : undefined;
  return { ...attempt, headers: { ...attempt.headers, ...own, ...state } };
}
