/** Names of the headers that both ends know, in lower case as Node gives them. */
export const headerNames = {
  /** One id per request that entered the system, the same over all hops; what people search logs for. */
  requestId: 'x-request-id',
  /** W3C Trace Context. */
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** Remaining time of the call as a duration in ms, since clocks of two machines differ (as userver and gRPC do). */
  timeoutMs: 'x-request-timeout-ms',
  /** Seconds, or a date, before the server wants to see the caller again. RFC 9110 §10.2.3. */
  retryAfter: 'retry-after',
} as const;
