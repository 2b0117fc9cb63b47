import { describe, expect, it } from '@jest/globals';
import { isMetricsPushAsked, isTraceExportAsked } from './otlp-export.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('the environment', () => {
  it.each([
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
    [endpoint, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }, true],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'true' }, false],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'false' }, true],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, false],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'console, otlp' }, true],
  ])('%j asks for spans to be exported: %p', (env, expected) => {
    expect(isTraceExportAsked(env)).toBe(expected);
  });

  it.each([
    [{}, false],
    [endpoint, true],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://collector:4318/v1/metrics' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }, false],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'true' }, false],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, true],
    [{ ...endpoint, OTEL_METRICS_EXPORTER: 'none' }, false],
    [{ ...endpoint, OTEL_METRICS_EXPORTER: 'prometheus,otlp' }, true],
  ])('%j asks for metrics to be pushed: %p', (env, expected) => {
    expect(isMetricsPushAsked(env)).toBe(expected);
  });
});
