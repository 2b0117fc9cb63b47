import { describe, expect, it } from '@jest/globals';
import { endpointFault, metricsEnvironment, tracesEnvironment } from './environment.ts';

describe('the environment', () => {
  it('has defaults for all', () => {
    expect(tracesEnvironment({})).toEqual({
      sampler: 'parentbased_always_on',
      ratio: 1,
      slowMs: 1000,
      batches: {},
      faults: [],
    });
  });

  it('says how traces are sampled and sent', () => {
    const env = {
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.05',
      TRACES_SLOW_MS: '250',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BSP_MAX_QUEUE_SIZE: '64',
    };
    expect(tracesEnvironment(env)).toEqual({
      sampler: 'traceidratio',
      ratio: 0.05,
      slowMs: 250,
      batches: { scheduledDelayMillis: 100, maxQueueSize: 64 },
      faults: [],
    });
  });

  it('that makes no sense counts as not set, in one sentence each', () => {
    const { sampler, ratio, slowMs, faults } = tracesEnvironment({
      OTEL_TRACES_SAMPLER: 'jaeger_remote',
      OTEL_TRACES_SAMPLER_ARG: '5',
      TRACES_SLOW_MS: '1s',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    });
    expect({ sampler, ratio, slowMs }).toEqual({ sampler: 'parentbased_always_on', ratio: 1, slowMs: 1000 });
    expect(faults).toHaveLength(4);
    expect(faults).toContain('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, not "5": 1 is used');
    expect(faults).toContain('OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not "grpc"');
  });
});

describe('an endpoint for spans', () => {
  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http//x' }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'x', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' },
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    ],
  ])('must be an address: %j', (env, name) => {
    const sentence = `${name} must be an address such as http://collector:4318: no spans are exported`;
    expect(endpointFault(env, 'TRACES')).toBe(sentence);
  });

  it('is the one for traces, where there are two', () => {
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x', OTEL_EXPORTER_OTLP_ENDPOINT: 'x' };
    expect(endpointFault(env, 'TRACES')).toBe(undefined);
    expect(endpointFault(env, 'METRICS')).toBe(
      'OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://collector:4318: no metrics are pushed',
    );
    expect(endpointFault({}, 'TRACES')).toBe(undefined);
  });
});

describe('the environment of metrics', () => {
  it('says how often they are pushed', () => {
    expect(metricsEnvironment({})).toEqual({ intervalMs: 60_000, faults: [] });
    expect(metricsEnvironment({ OTEL_METRIC_EXPORT_INTERVAL: '5000' })).toEqual({ intervalMs: 5_000, faults: [] });
  });

  it('that makes no sense counts as not set, in one sentence each', () => {
    const { intervalMs, faults } = metricsEnvironment({
      OTEL_METRIC_EXPORT_INTERVAL: '10s',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    });
    expect(intervalMs).toBe(60_000);
    expect(faults).toEqual([
      'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL must be http/protobuf, not "grpc"',
      'OTEL_METRIC_EXPORT_INTERVAL must be a whole number from 1, not "10s": 60000 is used',
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE must be cumulative, not "delta": cumulative is used',
    ]);
  });
});
