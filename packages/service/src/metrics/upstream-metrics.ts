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
import type { Counter, MetricsRegistry, Reading } from './registry.ts';
import { cacheSeries, callSeries, connectionSeries, waitSeries } from './upstream-series.ts';

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
  readonly #ofCalls: ReturnType<typeof callSeries>;
  readonly #ofWaits: ReturnType<typeof waitSeries>;
  readonly #ofConnections: ReturnType<typeof connectionSeries>;
  readonly #cache: Counter;
  readonly #cached = new Set<string>();
  readonly #endWatch: () => void;

  constructor(registry: MetricsRegistry) {
    this.#ofCalls = callSeries(registry);
    this.#ofWaits = waitSeries(registry);
    this.#ofConnections = connectionSeries(registry);
    this.#cache = cacheSeries(registry);
    observeStates(registry);
    this.#endWatch = watchUpstreams((upstream) => this.#watch(upstream));
  }

  onCall({ upstream, operation, code = '', durationMs, fate, traceId }: CallOutcome): void {
    this.#ofCalls.fates.of(upstream, operation, fate).value++;
    this.#ofCalls.calls.of(upstream, operation, code).observe(durationMs / 1000, traceId);
  }

  onAttempt({ upstream, operation, status, code = '', durationMs, attempts, isHedge, traceId }: AttemptOutcome): void {
    const space = operation.indexOf(' ');
    const [method, template] = [operation.slice(0, space), operation.slice(space + 1)];
    const series = this.#ofCalls.attempts.of(
      upstream,
      method,
      template,
      status === undefined ? '' : String(status),
      code,
    );
    series.observe(durationMs / 1000, traceId);
    if (isHedge) this.#ofCalls.extra.of(upstream, 'hedge').value++;
    else if (attempts > 1) this.#ofCalls.extra.of(upstream, 'retry').value++;
  }

  onCircuit({ upstream, state, reason }: CircuitChange): void {
    if (state === 'open' || state === 'forced-open') this.#ofCalls.openings.of(upstream, reason ?? '').value++;
  }

  onBackoff({ upstream, waitMs, traceId }: Backoff): void {
    this.#ofWaits.delays.of(upstream).observe(waitMs / 1000, traceId);
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
    this.#ofWaits.budgetRefusals.of(upstream, kind).value++;
  }

  onQueue({ upstream, end, waitMs }: QueueWait): void {
    this.#ofWaits.waits.of(upstream, end).observe(waitMs / 1000, undefined);
  }

  onConnection(event: ConnectionChange): void {
    const { upstream } = event;
    if (event.change === 'opened') this.#ofConnections.opened.of(upstream).value++;
    else if (event.change === 'failed') this.#ofConnections.failed.of(upstream, event.code).value++;
    else this.#ofConnections.closed.of(upstream, event.reason).value++;
  }

  /** Listens no more. */
  close(): void {
    this.#endWatch();
  }

  #watch(upstream: OpenUpstream): () => void {
    // At 0 from the start: Prometheus sees no increase in a series that begins at 1.
    for (const reason of circuitReasons) this.#ofCalls.openings.of(upstream.name, reason);
    for (const kind of extraKinds) {
      this.#ofCalls.extra.of(upstream.name, kind);
      this.#ofWaits.budgetRefusals.of(upstream.name, kind);
    }
    this.#ofWaits.delays.of(upstream.name);
    for (const end of queueEnds) this.#ofWaits.waits.of(upstream.name, end);
    this.#ofConnections.opened.of(upstream.name);
    for (const code of usualCodes) this.#ofConnections.failed.of(upstream.name, code);
    for (const reason of connectionEnds) this.#ofConnections.closed.of(upstream.name, reason);
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
