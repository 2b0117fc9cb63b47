import type { Sample } from './exposition.ts';

/** What the metrics of one replica say at one moment. Counters count since its process started. */
export interface ReplicaSample {
  readonly atMs: number;
  readonly service: string | undefined;
  /** When its process started, in seconds since 1970: another value is another process. */
  readonly startedAtS: number;
  readonly isDraining: boolean;
  readonly requests: number;
  /** Those that were answered with 500 or above. */
  readonly errors: number;
  /** Requests by the upper bound of their bucket in seconds, shorter ones included. */
  readonly buckets: ReadonlyMap<number, number>;
  readonly inFlight: number;
  readonly limit: number;
  /** Endpoints that it calls whose circuit is open, by itself or by an operator. */
  readonly openCircuits: number;
}

const duration = 'http_server_request_duration_seconds';

/** Takes from the samples of a metrics page what `parley top` shows. */
export function replicaSample(samples: readonly Sample[], atMs: number): ReplicaSample {
  const named = Map.groupBy(samples, ({ name }) => name);
  const all = (name: string) => named.get(name) ?? [];
  const valueNamed = (name: string) => all(name)[0]?.value ?? 0;
  const counts = all(`${duration}_count`);
  const buckets = new Map<number, number>();
  for (const { labels, value } of all(`${duration}_bucket`)) {
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + value);
  }
  return {
    atMs,
    service: all('parley_service_info')[0]?.labels.service,
    startedAtS: valueNamed('process_start_time_seconds'),
    isDraining: valueNamed('parley_server_draining') === 1,
    requests: sum(counts),
    errors: sum(counts.filter(({ labels }) => Number(labels.http_response_status_code) >= 500)),
    buckets,
    inFlight: valueNamed('parley_server_requests_in_flight'),
    limit: valueNamed('parley_server_requests_limit'),
    openCircuits: sum(
      all('parley_client_endpoints').filter(({ labels }) => /^(?:forced-)?open$/.test(labels.circuit ?? '')),
    ),
  };
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
