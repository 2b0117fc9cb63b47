import { defineContract, del, get, post, put, stream } from '@parley/contract';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { logLevels } from '../process/log-levels.ts';
import { abortCodes } from './abort-codes.ts';

const circuit = v.picklist(['closed', 'open', 'half-open', 'forced-open', 'forced-closed']);
const circuitReason = v.picklist(['failures', 'slow', 'outlier', 'probe', 'operator']);
const count = v.number();
/** How long an act holds, in ms: never for ever. */
const duration = (maxMs: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxMs));

const endpoint = v.object({
  address: v.string(),
  zone: v.optional(v.string()),
  circuit,
  circuitSinceMs: count,
  circuitReason: v.optional(circuitReason),
  lastFailure: v.optional(v.object({ code: v.string(), atMs: count })),
  isEjected: v.boolean(),
  inFlight: count,
  weight: count,
  latencyMs: v.optional(count),
  utilization: v.optional(count),
  connections: v.object({
    open: count,
    idle: count,
    pending: count,
    queued: count,
    running: count,
    reused: count,
    closedByAge: count,
  }),
});

const upstream = v.object({
  name: v.string(),
  endpoints: v.array(endpoint),
  concurrency: v.object({ limit: v.optional(count), inFlight: count, queued: count }),
  retryBudget: count,
});

const operation = v.object({
  name: v.string(),
  method: v.string(),
  path: v.string(),
  safety: v.picklist(['safe', 'idempotent', 'keyed', 'unsafe']),
});

const logLevel = v.object({
  level: v.string(),
  configured: v.string(),
  endsAt: v.optional(v.string()),
});

const fault = {
  delayMs: v.optional(duration(60_000)),
  abort: v.optional(v.picklist(abortCodes)),
  percentage: v.pipe(v.number(), v.gtValue(0), v.maxValue(100)),
};

const setFault = v.object({
  operation: v.string(),
  delayMs: v.optional(count),
  abort: v.optional(v.string()),
  percentage: count,
  endsAt: v.string(),
  hits: count,
});

const service = v.object({
  name: v.string(),
  version: v.string(),
  node: v.string(),
  pid: count,
  startedAt: v.string(),
  isDraining: v.boolean(),
  // Optional: services of an earlier version have none.
  logLevel: v.optional(logLevel),
  faults: v.optional(v.array(setFault)),
  load: v.object({ inFlight: count, limit: v.optional(count), callers: count }),
  operations: v.array(operation),
  // Only of a service with several workers.
  workers: v.optional(v.array(v.object({ pid: count, startedAt: v.string(), isDraining: v.boolean() }))),
});

const at = v.string();

const event = v.variant('kind', [
  v.object({ kind: v.literal('snapshot'), at, service, upstreams: v.array(upstream) }),
  v.object({
    kind: v.literal('circuit'),
    at,
    upstream: v.string(),
    endpoint: v.string(),
    circuit,
    reason: v.optional(circuitReason),
  }),
  v.object({ kind: v.literal('draining'), at }),
  v.object({ kind: v.literal('act'), at, act: v.string(), isOver: v.boolean(), details: v.looseObject({}) }),
  v.object({ kind: v.literal('refused'), at, overloaded: count, rateLimited: count }),
  // Sums of one second.
  v.object({
    ...{ kind: v.literal('retries'), at, upstream: v.string() },
    ...{ backoffs: count, longestWaitMs: count, budgetRefusals: count },
  }),
  v.object({
    ...{ kind: v.literal('queue'), at, upstream: v.string() },
    ...{ admitted: count, refused: count, ended: count, longestWaitMs: count },
  }),
  v.object({
    ...{ kind: v.literal('connections'), at, upstream: v.string(), opened: count, failed: count },
    closed: v.partial(
      v.object({ age: count, idle: count, server: count, broken: count, request: count, client: count }),
    ),
  }),
]);

const optionValue = v.union([v.number(), v.boolean(), v.pipe(v.string(), v.maxLength(200))]);

const option = v.object({
  name: v.string(),
  value: v.union([v.number(), v.boolean(), v.string()]),
  source: v.picklist(['default', 'code', 'environment', 'configure', 'admin']),
  unit: v.optional(v.string()),
  variable: v.optional(v.string()),
});

const troubled = {
  operation: v.string(),
  startedAt: v.string(),
  durationMs: count,
  status: v.optional(count),
  code: v.optional(v.string()),
  requestId: v.optional(v.string()),
  traceId: v.optional(v.string()),
};

const call = v.object({
  ...troubled,
  reason: v.picklist(['failed', 'slow', 'retried']),
  upstream: v.string(),
  fate: v.string(),
  attempts: count,
  timeline: v.array(v.string()),
  events: v.array(v.looseObject({ kind: v.string(), atMs: count })),
});

const request = v.object({
  ...troubled,
  reason: v.picklist(['failed', 'slow']),
  method: v.string(),
  scheme: v.picklist(['http', 'https']),
  status: count,
});

/**
 * The admin API of every service, on its operators' port: `createClient(admin, createUpstream('admin', url))` is a client
 * of it. Reading changes nothing. Who may read and act: see `ADMIN_READ_TOKEN` and `ADMIN_ACT_TOKEN`.
 */
export const admin = defineContract('admin', {
  getService: get('/admin/service', {
    summary: 'The service: its load, its operations, whether it drains',
    output: toStandardJsonSchema(service),
  }),
  listUpstreams: get('/admin/upstreams', {
    summary:
      'What the service calls: endpoints with their circuits, limits, retry budgets. No endpoints before the first call where addresses are looked up',
    output: toStandardJsonSchema(v.object({ upstreams: v.array(upstream) })),
  }),
  setCircuit: put('/admin/upstreams/{upstream}/circuit', {
    summary:
      'Forces the circuit of one endpoint, or lets it decide again. Where all are forced open, calls fail: a forced circuit knows no panic',
    input: toStandardJsonSchema(
      v.strictObject({ upstream: v.string(), endpoint: v.string(), circuit: v.picklist(['open', 'closed', 'auto']) }),
    ),
    output: toStandardJsonSchema(v.object({ before: circuit, after: circuit })),
  }),
  listCalls: get('/admin/calls', {
    summary: 'Recent calls and requests that failed or were slow, newest first, each call with its story',
    output: toStandardJsonSchema(v.object({ slowMs: count, calls: v.array(call), requests: v.array(request) })),
  }),
  getOptions: get('/admin/options', {
    summary:
      'What the service and its upstreams run with, and where each value came from; of secrets only whether they are set',
    output: toStandardJsonSchema(
      v.object({
        service: v.array(option),
        upstreams: v.array(v.object({ name: v.string(), options: v.array(option), endsAt: v.optional(v.string()) })),
      }),
    ),
  }),
  setOptions: put('/admin/upstreams/{upstream}/options', {
    summary: 'Changes options of an upstream for a time, all of them or none; then the options of before hold again',
    input: toStandardJsonSchema(
      v.strictObject({
        upstream: v.string(),
        values: v.record(v.string(), optionValue),
        forMs: v.optional(duration(86_400_000), 600_000),
      }),
    ),
    output: toStandardJsonSchema(
      v.object({ before: v.array(option), after: v.array(option), endsAt: v.optional(v.string()) }),
    ),
  }),
  endOptions: del('/admin/upstreams/{upstream}/options', {
    summary: 'Ends what operators have changed of the options of an upstream',
    input: toStandardJsonSchema(v.strictObject({ upstream: v.string() })),
    output: toStandardJsonSchema(v.object({ before: v.array(option), after: v.array(option) })),
  }),
  watchEvents: get('/admin/events', {
    summary: 'The service and its upstreams as they stand, then each change',
    output: stream(toStandardJsonSchema(event), { as: 'sse' }),
  }),
  lint: get('/admin/lint', {
    summary: 'What looks wrong in the running configuration, one sentence each',
    output: toStandardJsonSchema(v.object({ findings: v.array(v.object({ rule: v.string(), sentence: v.string() })) })),
  }),
  setLogLevel: put('/admin/log-level', {
    summary: 'Changes the log level for a time, then the configured one holds again',
    input: toStandardJsonSchema(
      v.strictObject({ level: v.picklist(logLevels), forMs: v.optional(duration(3_600_000), 600_000) }),
    ),
    output: toStandardJsonSchema(v.object({ before: v.string(), after: v.string(), endsAt: v.optional(v.string()) })),
  }),
  setFault: put('/admin/faults/{operation}', {
    summary: 'Injects a delay, an error or both into a share of the requests of one operation, for a time',
    input: toStandardJsonSchema(v.strictObject({ operation: v.string(), ...fault, forMs: duration(3_600_000) })),
    output: toStandardJsonSchema(v.object({ before: v.optional(setFault), after: setFault })),
  }),
  endFault: del('/admin/faults/{operation}', {
    summary: 'Ends the fault of one operation',
    input: toStandardJsonSchema(v.strictObject({ operation: v.string() })),
    output: toStandardJsonSchema(v.object({ before: v.optional(setFault) })),
  }),
  drain: post('/admin/drain', {
    summary: 'Stops the service as SIGTERM does: without failing a request',
    output: toStandardJsonSchema(v.object({ isDraining: v.boolean() })),
    status: 202,
  }),
});
