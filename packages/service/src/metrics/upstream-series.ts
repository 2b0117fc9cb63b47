import { isErrorCode, knownMethod } from '@parley/contract';
import { type MetricsRegistry, other } from './registry.ts';

/** An upstream can answer with any number of codes. */
function knownCode(code: string): string {
  return code === '' || isErrorCode(code) ? code : other;
}

/** What became of calls and their attempts. A call without a contract has its own path for an operation, which callers of the service may choose. */
export function callSeries(registry: MetricsRegistry) {
  return {
    fates: registry.counter({
      name: 'parley_client_calls_total',
      help: 'Calls by what became of them: success, or what kept a failed one from another attempt.',
      labels: ['upstream', 'operation', 'fate'],
      overflow: (upstream, _, fate) => [upstream, other, fate],
    }),
    calls: registry.durations({
      name: 'parley_client_call_duration_seconds',
      help: 'Calls as their callers see them, all attempts and waits included.',
      labels: ['upstream', 'operation', 'error_type'],
      overflow: (upstream, _, code) => [upstream, other, knownCode(code)],
    }),
    attempts: registry.durations({
      name: 'http_client_request_duration_seconds',
      help: 'Requests sent, one for each attempt; server_address is the name of the upstream.',
      labels: ['server_address', 'http_request_method', 'url_template', 'http_response_status_code', 'error_type'],
      overflow: (upstream, method, _, __, code) => [upstream, knownMethod(method), other, other, knownCode(code)],
    }),
    extra: registry.counter({
      name: 'parley_client_extra_attempts_total',
      help: 'Attempts beyond the first one of a call.',
      labels: ['upstream', 'kind'],
    }),
    openings: registry.counter({
      name: 'parley_client_circuit_openings_total',
      help: 'Circuits of endpoints that opened, by reason.',
      labels: ['upstream', 'reason'],
    }),
  };
}

/** What calls wait for, and what keeps them from another attempt. */
export function waitSeries(registry: MetricsRegistry) {
  return {
    delays: registry.durations({
      name: 'parley_client_retry_delay_seconds',
      help: 'Waits between the attempts of calls.',
      labels: ['upstream'],
    }),
    budgetRefusals: registry.counter({
      name: 'parley_client_retry_budget_refusals_total',
      help: 'Retries and hedges that the retry budget did not pay for.',
      labels: ['upstream', 'kind'],
    }),
    waits: registry.durations({
      name: 'parley_client_queue_wait_seconds',
      help: 'Waits for a place under the concurrency limit, of calls that found none at once, by how they ended.',
      labels: ['upstream', 'end'],
    }),
  };
}

/** Connections that come and go. */
export function connectionSeries(registry: MetricsRegistry) {
  return {
    opened: registry.counter({
      name: 'parley_client_connections_opened_total',
      help: 'Connections that were opened.',
      labels: ['upstream'],
    }),
    failed: registry.counter({
      name: 'parley_client_connections_failed_total',
      help: 'Connections that could not be opened, by the code of the system or of TLS.',
      labels: ['upstream', 'code'],
    }),
    closed: registry.counter({
      name: 'parley_client_connections_closed_total',
      help: 'Connections that were closed, by reason.',
      labels: ['upstream', 'reason'],
    }),
  };
}

/** Reading calls by what the cache of their upstream did. */
export function cacheSeries(registry: MetricsRegistry) {
  return registry.counter({
    name: 'parley_client_cache_total',
    help: 'Reading calls by what the cache of their upstream did: hit, stale, revalidated, miss or bypass.',
    labels: ['upstream', 'result'],
  });
}
