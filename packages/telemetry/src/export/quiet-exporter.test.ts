import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { QuietExporter } from './quiet-exporter.ts';

const spans = (count: number) => Array.from({ length: count }, () => ({}) as ReadableSpan);

let nowMs: number;
let error: Error | undefined;
let warnings: string[];
let exporter: QuietExporter;
beforeEach(() => {
  nowMs = 0;
  error = new Error('connect ECONNREFUSED 127.0.0.1:4318\nand more');
  warnings = [];
  const failing: SpanExporter = {
    export: (_, done) => done(error ? { code: 1, error } : { code: 0 }),
    shutdown: async () => {},
  };
  exporter = new QuietExporter(
    failing,
    (message) => warnings.push(message),
    () => nowMs,
  );
});

describe('an exporter whose collector is down', () => {
  it('says so once a minute, with how many spans were lost', () => {
    for (const count of [3, 4, 5]) exporter.export(spans(count), () => {});
    nowMs = 60_000;
    exporter.export(spans(1), () => {});
    const said = (count: number) =>
      `${count} spans were not exported: connect ECONNREFUSED 127.0.0.1:4318; is OTEL_EXPORTER_OTLP_ENDPOINT a collector?`;
    expect(warnings).toEqual([said(3), said(10)]);
  });

  it('counts one span as one', () => {
    exporter.export(spans(1), () => {});
    expect(warnings).toEqual([expect.stringMatching(/^1 span was not exported: /)]);
  });

  it('says nothing once it is silenced', () => {
    exporter.silence();
    exporter.export(spans(1), () => {});
    expect(warnings).toEqual([]);
  });

  it('tells the processor how it ended', () => {
    const done = jest.fn();
    exporter.export(spans(1), done);
    expect(done).toHaveBeenCalledWith({ code: 1, error });
  });

  it('is silent while all goes well', () => {
    error = undefined;
    exporter.export(spans(1), () => {});
    expect(warnings).toEqual([]);
  });
});
