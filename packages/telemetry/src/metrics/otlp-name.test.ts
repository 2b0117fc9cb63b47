import { describe, expect, it } from '@jest/globals';
import type { MetricFamily } from '@parley/contract';
import { otlpAttribute, otlpName } from './otlp-name.ts';

describe('a name in OTLP', () => {
  it.each<[string, MetricFamily['type'], string, string]>([
    ['parley_client_calls_total', 'counter', 'parley_client_calls', ''],
    ['process_cpu_seconds_total', 'counter', 'process_cpu', 's'],
    ['process_resident_memory_bytes', 'gauge', 'process_resident_memory', 'By'],
    ['parley_server_draining', 'gauge', 'parley_server_draining', ''],
    ['http_server_request_duration_seconds', 'histogram', 'http.server.request.duration', 's'],
  ])('of %s has no unit and no _total', (prometheus, type, name, unit) => {
    expect(otlpName({ name: prometheus, type })).toEqual({ name, unit });
  });

  it('of a label is the one of the conventions, where there is one', () => {
    expect(otlpAttribute('http_route', '/api/hello')).toEqual(['http.route', '/api/hello']);
    expect(otlpAttribute('upstream', 'hello')).toEqual(['upstream', 'hello']);
  });

  it('of a status is a number', () => {
    expect(otlpAttribute('http_response_status_code', '200')).toEqual(['http.response.status_code', 200]);
  });
});
