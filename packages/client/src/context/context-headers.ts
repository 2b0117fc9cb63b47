import { type CallContext, childTrace, formatTraceparent, headerNames } from '@parley/contract';

/** The headers that carry a context to the next hop; the deadline's is set per attempt, when the time left is known. */
export function contextHeaders({ requestId, trace, priority }: CallContext): Record<string, string> {
  const child = childTrace(trace);
  return {
    // Outside a request the call is where everything begins, so its trace names it.
    [headerNames.requestId]: requestId ?? child.traceId,
    [headerNames.traceparent]: formatTraceparent(child),
    ...(priority && { [headerNames.priority]: priority }),
    ...(child.state && { [headerNames.tracestate]: child.state }),
  };
}
