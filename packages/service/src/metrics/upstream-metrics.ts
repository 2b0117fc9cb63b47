import {
  type AttemptOutcome,
  type Backoff,
  type BudgetRefusal,
  type CacheResult,
  type CacheUse,
  type CallOutcome,
  type CircuitChange,
  type CircuitReason,
  type CircuitState,
  type ConnectionChange,
  type ConnectionCounts,
  type ConnectionEnd,
  type OpenUpstream,
  openUpstreams,
  type QueueEnd,
  type QueueWait,
  type TelemetryListener,
  type UpstreamStatus,
  watchUpstreams,
} from '@parley/contract';
import type { Counter, Durations, MetricsRegistry, Reading } from './registry.ts';

const circuitStates: readonly CircuitState[] = ['closed', 'open', 'half-open', 'forced-open', 'forced-closed'];
const circuitReasons: readonly CircuitReason[] = ['failures', 'slow', 'outlier', 'probe', 'operator'];
const connectionEnds: readonly ConnectionEnd[] = ['age', 'idle', 'server', 'broken', 'request', 'client'];
/** How connections fail most often. */
const usualCodes = ['ECONNREFUSED', 'ETIMEDOUT'];
const queueEnds: readonly QueueEnd[] = ['admitted', 'refused', 'ended'];
const extraKinds: readonly BudgetRefusal['kind'][] = ['retry', 'hedge'];
const cacheResults: readonly CacheResult[] = ['hit', 'stale', 'revalidated', 'miss', 'bypass'];
const connectionStates = [
  'idle',
  'running',
  'pending',
  'queued',
] as const satisfies readonly (keyof ConnectionCounts)[];

/** Metrics of the calls that this process makes, of all its upstreams. Calls are apart from attempts: retries and hedges are load, not calls. */
export class UpstreamMetrics implements TelemetryListener {
  readonly #fates: Counter;
  readonly #calls: Durations;
  readonly #attempts: Durations;
  readonly #extra: Counter;
  readonly #openings: Counter;
  readonly #delays: Durations;
  readonly #budgetRefusals: Counter;
  readonly #waits: Durations;
  readonly #opened: Counter;
  readonly #failed: Counter;
  readonly #closed: Counter;
  readonly #cache: Counter;
  readonly #cached = new Set<string>();
  readonly #endWatch: () => void;

  constructor(registry: MetricsRegistry) {
    this.#fates = registry.counter({
      name: 'parley_client_calls_total',
      help: 'Calls by what became of them: success, or what kept a failed one from another attempt.',
      labels: ['upstream', 'operation', 'fate'],
    });
    this.#calls = registry.durations({
      name: 'parley_client_call_duration_seconds',
      help: 'Calls as their callers see them, all attempts and waits included.',
      labels: ['upstream', 'operation', 'error_type'],
    });
    this.#attempts = registry.durations({
      name: 'http_client_request_duration_seconds',
      help: 'Requests sent, one for each attempt; server_address is the name of the upstream.',
      labels: ['server_address', 'http_request_method', 'url_template', 'http_response_status_code', 'error_type'],
    });
    this.#extra = registry.counter({
      name: 'parley_client_extra_attempts_total',
      help: 'Attempts beyond the first one of a call.',
      labels: ['upstream', 'kind'],
    });
    this.#openings = registry.counter({
      name: 'parley_client_circuit_openings_total',
      help: 'Circuits of endpoints that opened, by reason.',
      labels: ['upstream', 'reason'],
    });
    this.#delays = registry.durations({
      name: 'parley_client_retry_delay_seconds',
      help: 'Waits between the attempts of calls.',
      labels: ['upstream'],
    });
    this.#budgetRefusals = registry.counter({
      name: 'parley_client_retry_budget_refusals_total',
      help: 'Retries and hedges that the retry budget did not pay for.',
      labels: ['upstream', 'kind'],
    });
    this.#waits = registry.durations({
      name: 'parley_client_queue_wait_seconds',
      help: 'Waits for a place under the concurrency limit, of calls that found none at once, by how they ended.',
      labels: ['upstream', 'end'],
    });
    this.#opened = registry.counter({
      name: 'parley_client_connections_opened_total',
      help: 'Connections that were opened.',
      labels: ['upstream'],
    });
    this.#failed = registry.counter({
      name: 'parley_client_connections_failed_total',
      help: 'Connections that could not be opened, by the code of the system or of TLS.',
      labels: ['upstream', 'code'],
    });
    this.#closed = registry.counter({
      name: 'parley_client_connections_closed_total',
      help: 'Connections that were closed, by reason.',
      labels: ['upstream', 'reason'],
    });
    this.#cache = registry.counter({
      name: 'parley_client_cache_total',
      help: 'Reading calls by what the cache of their upstream did: hit, stale, revalidated, miss or bypass.',
      labels: ['upstream', 'result'],
    });
    observeStates(registry);
    this.#endWatch = watchUpstreams((upstream) => this.#watch(upstream));
  }

  onCall({ upstream, operation, code = '', durationMs, fate, traceId }: CallOutcome): void {
    this.#fates.of(upstream, operation, fate).value++;
    this.#calls.of(upstream, operation, code).observe(durationMs / 1000, traceId);
  }

  onAttempt({ upstream, operation, status, code = '', durationMs, attempts, isHedge, traceId }: AttemptOutcome): void {
    const space = operation.indexOf(' ');
    const [method, template] = [operation.slice(0, space), operation.slice(space + 1)];
    const series = this.#attempts.of(upstream, method, template, status === undefined ? '' : String(status), code);
    series.observe(durationMs / 1000, traceId);
    if (isHedge) this.#extra.of(upstream, 'hedge').value++;
    else if (attempts > 1) this.#extra.of(upstream, 'retry').value++;
  }

  onCircuit({ upstream, state, reason }: CircuitChange): void {
    if (state === 'open' || state === 'forced-open') this.#openings.of(upstream, reason ?? '').value++;
  }

  onBackoff({ upstream, waitMs, traceId }: Backoff): void {
    this.#delays.of(upstream).observe(waitMs / 1000, traceId);
  }

  onCache({ upstream, result }: CacheUse): void {
    if (!this.#cached.has(upstream)) {
      // All from the first use on: an upstream without a cache has no series.
      for (const one of cacheResults) this.#cache.of(upstream, one);
      this.#cached.add(upstream);
    }
    this.#cache.of(upstream, result).value++;
  }

  onBudgetRefusal({ upstream, kind }: BudgetRefusal): void {
    this.#budgetRefusals.of(upstream, kind).value++;
  }

  onQueue({ upstream, end, waitMs }: QueueWait): void {
    this.#waits.of(upstream, end).observe(waitMs / 1000, undefined);
  }

  onConnection(event: ConnectionChange): void {
    const { upstream } = event;
    if (event.change === 'opened') this.#opened.of(upstream).value++;
    else if (event.change === 'failed') this.#failed.of(upstream, event.code).value++;
    else this.#closed.of(upstream, event.reason).value++;
  }

  /** Listens no more. */
  close(): void {
    this.#endWatch();
  }

  #watch(upstream: OpenUpstream): () => void {
    // At 0 from the start: Prometheus sees no increase in a series that begins at 1.
    for (const reason of circuitReasons) this.#openings.of(upstream.name, reason);
    for (const kind of extraKinds) {
      this.#extra.of(upstream.name, kind);
      this.#budgetRefusals.of(upstream.name, kind);
    }
    this.#delays.of(upstream.name);
    for (const end of queueEnds) this.#waits.of(upstream.name, end);
    this.#opened.of(upstream.name);
    for (const code of usualCodes) this.#failed.of(upstream.name, code);
    for (const reason of connectionEnds) this.#closed.of(upstream.name, reason);
    return upstream.subscribe(this);
  }
}

function observeStates(registry: MetricsRegistry): void {
  const gauge = (name: string, help: string, labels: readonly string[], read: (status: UpstreamStatus) => Reading[]) =>
    registry.observed('gauge', { name, help, labels: ['upstream', ...labels] }, () =>
      statuses().flatMap((status) =>
        read(status).map(({ labels: values, value }) => ({ labels: [status.name, ...values], value })),
      ),
    );
  gauge('parley_client_endpoints', 'Endpoints by the state of their circuit.', ['circuit'], ({ endpoints }) =>
    circuitStates.map((state) => ({
      labels: [state],
      value: endpoints.filter(({ circuit }) => circuit === state).length,
    })),
  );
  gauge(
    'parley_client_endpoints_ejected',
    'Endpoints that get no calls now, unless too many are like that.',
    [],
    ({ endpoints }) => [{ labels: [], value: endpoints.filter(({ isEjected }) => isEjected).length }],
  );
  gauge(
    'parley_client_connections',
    'Connections and requests of all endpoints: idle (connections without a request), running (requests sent), pending and queued (requests that wait for a connection).',
    ['state'],
    ({ endpoints }) =>
      connectionStates.map((state) => ({
        labels: [state],
        value: endpoints.reduce((all, { connections }) => all + connections[state], 0),
      })),
  );
  gauge(
    'parley_client_retry_budget',
    'Extra attempts that the retry budget could pay for now.',
    [],
    ({ retryBudget }) => [{ labels: [], value: retryBudget }],
  );
  gauge(
    'parley_client_calls_in_flight',
    'Calls that hold a place under the concurrency limit.',
    [],
    ({ concurrency }) => [{ labels: [], value: concurrency.inFlight }],
  );
  gauge('parley_client_calls_queued', 'Calls that wait for a place.', [], ({ concurrency }) => [
    { labels: [], value: concurrency.queued },
  ]);
  gauge('parley_client_calls_limit', 'Calls that may hold a place at once.', [], ({ concurrency }) => [
    { labels: [], value: concurrency.limit },
  ]);
}

/** Two upstreams of one name would be one series with two values, which Prometheus refuses as a whole: the first counts. */
function statuses(): readonly UpstreamStatus[] {
  const byName = new Map<string, UpstreamStatus>();
  for (const upstream of openUpstreams()) if (!byName.has(upstream.name)) byName.set(upstream.name, upstream.status());
  return [...byName.values()];
}
