import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { MetricFamily } from '@parley/contract';
import { type MetricsPush, type MetricsSender, openMetricsPush, type PushResult } from './metrics-push.ts';

const family: MetricFamily = {
  name: 'calls_total',
  help: 'Calls.',
  type: 'counter',
  labels: ['upstream', 'code'],
  points: [{ labels: ['hello', ''], value: 3 }],
};

let sent: ResourceMetrics[];
let results: PushResult[];
let held: ((result: PushResult) => void)[];
let isHolding: boolean;
let cutOff: number;
let warnings: string[];
let push: MetricsPush;
let read: () => readonly MetricFamily[];

const sender: MetricsSender = {
  export(metrics, done) {
    sent.push(metrics);
    if (isHolding) held.push(done);
    else done(results.shift() ?? { code: 0 });
  },
  cutOff: () => void cutOff++,
};

beforeEach(() => {
  jest.useFakeTimers();
  process.env.OTEL_METRIC_EXPORT_INTERVAL = '1000';
  [sent, results, held, isHolding, cutOff, warnings] = [[], [], [], false, 0, []];
  read = () => [family];
  push = openMetricsPush(
    { serviceName: 'shop', read: () => read(), warn: (message) => warnings.push(message) },
    sender,
  );
});
afterEach(async () => {
  isHolding = false;
  await push.close();
  delete process.env.OTEL_METRIC_EXPORT_INTERVAL;
  jest.useRealTimers();
});

const second = () => jest.advanceTimersByTimeAsync(1_000);
const failure = { code: 1, error: new Error('connect ECONNREFUSED 127.0.0.1:4318') };

describe('metrics', () => {
  it('are pushed each interval, with what they are then', async () => {
    await second();
    read = () => [{ ...family, points: [{ labels: ['hello', 'internal'], value: 5 }] }];
    await second();
    const points = sent.map(({ scopeMetrics }) => scopeMetrics[0]?.metrics[0]?.dataPoints[0]);
    expect(points).toMatchObject([
      { value: 3, attributes: { upstream: 'hello' } },
      { value: 5, attributes: { upstream: 'hello', code: 'internal' } },
    ]);
    expect(points[0]?.attributes).not.toHaveProperty('code');
    expect(sent[0]?.resource.attributes['service.name']).toBe('shop');
  });

  it('do not overtake a push that is under way', async () => {
    isHolding = true;
    for (let i = 0; i < 5; i++) await second();
    expect(sent).toHaveLength(1);
    held[0]?.({ code: 0 });
    await second();
    expect(sent).toHaveLength(2);
    for (const end of held) end({ code: 0 });
  });

  it('that cannot be pushed are reported once per outage', async () => {
    results = [failure, failure, failure, { code: 0 }, failure];
    for (let i = 0; i < 5; i++) await second();
    const sentence = /^metrics were not pushed: connect ECONNREFUSED 127.0.0.1:4318; is OTEL_EXPORTER_OTLP_ENDPOINT a /;
    expect(warnings).toEqual([expect.stringMatching(sentence), expect.stringMatching(sentence)]);
  });

  it('that cannot be read harm nothing', async () => {
    read = () => {
      throw new Error('broken');
    };
    await second();
    expect(warnings).toEqual([expect.stringContaining('metrics were not pushed: broken')]);
  });

  it('are pushed once more at the end, and never after that', async () => {
    await push.close();
    expect(sent).toHaveLength(1);
    await second();
    expect(sent).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are given up after 3 s at the end, and the collector is cut off', async () => {
    isHolding = true;
    const closed = push.close();
    await jest.advanceTimersByTimeAsync(3_000);
    await closed;
    held[0]?.(failure);
    await second();
    expect(cutOff).toBe(1);
    expect(warnings).toEqual(['the last metrics were not pushed: the collector did not take them in 3000 ms']);
  });
});
