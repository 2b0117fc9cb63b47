import { describe, expect, it } from '@jest/globals';
import { MetricsRegistry, maxSeries } from './registry.ts';
import { callSeries } from './upstream-series.ts';

function observed() {
  const registry = new MetricsRegistry();
  const { fates, calls, attempts } = callSeries(registry);
  const call = (upstream: string, path: string, code: string) => {
    fates.of(upstream, `GET ${path}`, code ? 'final' : 'success').value++;
    calls.of(upstream, `GET ${path}`, code).observe(0.1, undefined);
    attempts.of(upstream, 'GET', path, code ? '503' : '200', code).observe(0.1, undefined);
  };
  const countsOf = (name: string) =>
    registry
      .render('text')
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`));
  return { call, countsOf };
}

describe('the metrics of calls', () => {
  it('leave an upstream its figures where another one is called by thousands of paths', () => {
    const { call, countsOf } = observed();
    for (let id = 0; id < 5000; id++) call('legacy', `/users/${id}`, '');
    call('typed', '/things', 'unavailable');
    expect(countsOf('parley_client_calls_total').slice(maxSeries)).toEqual([
      'parley_client_calls_total{upstream="legacy",operation="other",fate="success"} 4000',
      'parley_client_calls_total{upstream="typed",operation="other",fate="final"} 1',
    ]);
    expect(countsOf('parley_client_call_duration_seconds_count').slice(maxSeries)).toEqual([
      'parley_client_call_duration_seconds_count{upstream="legacy",operation="other",error_type=""} 4000',
      'parley_client_call_duration_seconds_count{upstream="typed",operation="other",error_type="unavailable"} 1',
    ]);
    const attempt = (upstream: string, code: string) =>
      `http_client_request_duration_seconds_count{server_address="${upstream}",http_request_method="GET",url_template="other",http_response_status_code="other",error_type="${code}"}`;
    expect(countsOf('http_client_request_duration_seconds_count').slice(maxSeries)).toEqual([
      `${attempt('legacy', '')} 4000`,
      `${attempt('typed', 'unavailable')} 1`,
    ]);
  });

  it('leave an upstream its figures where another one invents thousands of codes', () => {
    const { call, countsOf } = observed();
    for (let n = 0; n < 5000; n++) call('odd', '/things', `code_${n}`);
    call('typed', '/things', 'unavailable');
    expect(countsOf('parley_client_call_duration_seconds_count').slice(maxSeries)).toEqual([
      'parley_client_call_duration_seconds_count{upstream="odd",operation="other",error_type="other"} 4000',
      'parley_client_call_duration_seconds_count{upstream="typed",operation="other",error_type="unavailable"} 1',
    ]);
  });

  it('are bounded, however many upstreams there are', () => {
    const { call, countsOf } = observed();
    for (let n = 0; n < 5000; n++) call(`upstream-${n}`, '/things', '');
    const lines = countsOf('parley_client_calls_total');
    expect(lines).toHaveLength(2 * maxSeries + 1);
    expect(lines.at(-1)).toBe('parley_client_calls_total{upstream="other",operation="other",fate="other"} 3000');
  });
});
