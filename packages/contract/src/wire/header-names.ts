/** Names of the headers that both ends know, in lower case as Node gives them. */
export const headerNames = {
  /** One id per request that entered the system, the same over all hops; what people search logs for. */
  requestId: 'x-request-id',
  /** W3C Trace Context. */
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** W3C Baggage. */
  baggage: 'baggage',
  /** Remaining time of the call as a duration in ms, since clocks of two machines differ (as userver and gRPC do). */
  timeoutMs: 'x-request-timeout-ms',
  /** How many more attempts all calls on behalf of this request may make together; on a reply, how many are left of them. See `AttemptsLeft`. */
  attemptsLeft: 'x-attempts-left',
  /** The least versions of services that a reply may be made from: `guestbook=42`; on a reply, what to ask for from now on. See `MinVersions`. */
  minVersions: 'x-min-versions',
  /** `critical`, `normal` or `background`. */
  priority: 'x-request-priority',
  /** Names one keyed request over all its tries. draft-ietf-httpapi-idempotency-key-header-07. */
  idempotencyKey: 'idempotency-key',
  /** `true` on a reply that was given before, to an earlier try. */
  idempotentReplayed: 'idempotent-replayed',
  /** How busy a replica is, in ORCA's text format: `TEXT application_utilization=0.42, named_metrics.in_flight=7`. gRPC A51. */
  loadReport: 'endpoint-load-metrics',
  /** `1` asks for `server-timing`. */
  explain: 'x-explain',
  /** Where the time of a hop went. W3C Server Timing. */
  serverTiming: 'server-timing',
  /** Seconds, or a date, before the server wants to see the caller again. RFC 9110 §10.2.3. */
  retryAfter: 'retry-after',
  /** Since when an operation is deprecated: `@1796036400`, in seconds. RFC 9745. */
  deprecation: 'deprecation',
  /** When an operation ends. RFC 8594. */
  sunset: 'sunset',
} as const;
