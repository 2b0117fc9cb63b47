import { knownMethod, type Operation, priorities } from '@parley/contract';
import type { RefusedRequest, ServedRequest, ServiceListener, ServiceLoad } from '../telemetry/service-events.ts';
import type { Counter, Durations, MetricsRegistry } from './registry.ts';

const refusalReasons: readonly RefusedRequest['reason'][] = ['overloaded', 'rate_limited'];
const callers: readonly RefusedRequest['caller'][] = ['certificate', 'address'];

/** Metrics of the requests that a service serves, named by OpenTelemetry's HTTP conventions as Prometheus writes them. */
export class RequestMetrics implements ServiceListener {
  readonly #durations: Durations;
  readonly #refused: Counter;
  readonly #replays: Counter;
  #load: ServiceLoad = { inFlight: 0, limit: 0, callers: 0 };

  constructor(registry: MetricsRegistry, operations: readonly Operation[]) {
    this.#durations = registry.durations({
      name: 'http_server_request_duration_seconds',
      help: 'Requests served, from arrival to the last byte of the reply.',
      labels: ['http_request_method', 'http_route', 'http_response_status_code', 'url_scheme', 'error_type'],
    });
    this.#refused = registry.counter({
      name: 'parley_server_refused_requests_total',
      help: 'Requests that load shedding refused, by reason, priority and what they counted for: a certificate or an address.',
      labels: ['reason', 'priority', 'caller'],
    });
    this.#replays = registry.counter({
      name: 'parley_server_idempotent_replays_total',
      help: 'Requests that were answered as the first one with their Idempotency-Key.',
      labels: ['http_route'],
    });
    // At 0 from the start: Prometheus sees no increase in a series that begins at 1.
    for (const reason of refusalReasons) {
      for (const priority of priorities) for (const caller of callers) this.#refused.of(reason, priority, caller);
    }
    for (const { safety, path } of operations) if (safety === 'keyed') this.#replays.of(path.template);
    registry.observed(
      'gauge',
      { name: 'parley_server_requests_in_flight', help: 'Requests that hold a place now.' },
      () => this.#reading(({ inFlight }) => inFlight),
    );
    registry.observed(
      'gauge',
      { name: 'parley_server_requests_limit', help: 'Requests that may hold a place at once.' },
      () => this.#reading(({ limit }) => limit),
    );
  }

  /** How many requests the service works on, whenever it is read. */
  get load(): ServiceLoad {
    return this.#load;
  }

  onLoad(load: ServiceLoad): void {
    this.#load = load;
  }

  onRequest({ method, scheme, route = '', status, code, durationMs, traceId, isReplay }: ServedRequest): void {
    const error = code ?? (status >= 500 ? String(status) : '');
    this.#durations.of(knownMethod(method), route, String(status), scheme, error).observe(durationMs / 1000, traceId);
    if (isReplay) this.#replays.of(route).value++;
  }

  onRefusal({ reason, priority, caller }: RefusedRequest): void {
    this.#refused.of(reason, priority, caller).value++;
  }

  #reading(of: (load: ServiceLoad) => number) {
    return [{ labels: [], value: of(this.#load) }];
  }
}
