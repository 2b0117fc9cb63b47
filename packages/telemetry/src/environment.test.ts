import { describe, expect, it } from '@jest/globals';
import { endpointFault, tracesEnvironment } from './environment.ts';

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
    expect(endpointFault(env)).toBe(sentence);
  });

  it('is the one for traces, where there are two', () => {
    expect(endpointFault({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x', OTEL_EXPORTER_OTLP_ENDPOINT: 'x' })).toBe(
      undefined,
    );
    expect(endpointFault({})).toBe(undefined);
  });
});
