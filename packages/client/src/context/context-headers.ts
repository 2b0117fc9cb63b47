import { type CallContext, childTrace, formatTraceparent, headerNames } from '@parley/contract';

/** The headers that carry a context to the next hop; the deadline's is set per attempt, when the time left is known. */
export function contextHeaders({ requestId, trace, priority, baggage }: CallContext): Record<string, string> {
  const child = childTrace(trace);
  const headers: Record<string, string> = {
    // Outside a request the call is where everything begins, so its trace names it.
    [headerNames.requestId]: requestId ?? child.traceId,
    [headerNames.traceparent]: formatTraceparent(child),
  };
  if (priority) headers[headerNames.priority] = priority;
  if (baggage) headers[headerNames.baggage] = baggage;
  if (child.state) headers[headerNames.tracestate] = child.state;
  return headers;
}
