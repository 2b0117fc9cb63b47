import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { MetricFamily, MetricHistogram, MetricPoint } from '@parley/contract';
import { otlpAttribute, otlpName } from './otlp-name.ts';

const scope = { name: '@parley/telemetry' };

/** Metrics as the SDK's exporters read them. @param startMs since when counters count, in ms since 1970 */
export function resourceMetrics(
  families: readonly MetricFamily[],
  resource: Resource,
  { startMs, nowMs }: { readonly startMs: number; readonly nowMs: number },
): ResourceMetrics {
  const times = { startTime: timeOf(startMs), endTime: timeOf(nowMs) };
  return { resource, scopeMetrics: [{ scope, metrics: families.map((family) => metricData(family, times)) }] };
}

type Times = Pick<DataPoint<number>, 'startTime' | 'endTime'>;

function metricData(family: MetricFamily, times: Times): MetricData {
  const { help, type, labels, points } = family;
  const { name, unit } = otlpName(family);
  const shared = {
    descriptor: { name, description: help, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const dataPoints = <Value>(read: (value: MetricPoint['value']) => Value): DataPoint<Value>[] =>
    points.map((point) => ({ ...times, attributes: attributesOf(labels, point), value: read(point.value) }));
  if (type === 'gauge') return { ...shared, dataPointType: DataPointType.GAUGE, dataPoints: dataPoints(numberOf) };
  if (type === 'counter') {
    return { ...shared, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: dataPoints(numberOf) };
  }
  return { ...shared, dataPointType: DataPointType.HISTOGRAM, dataPoints: dataPoints(histogramOf) };
}

/** In Prometheus an empty label is none: in OTLP it is left out. */
function attributesOf(names: readonly string[], { labels }: MetricPoint): Attributes {
  const given = names.flatMap((name, index) => (labels[index] ? [otlpAttribute(name, labels[index])] : []));
  return Object.fromEntries(given);
}

const numberOf = (value: MetricPoint['value']): number => (typeof value === 'number' ? value : 0);

function histogramOf(value: MetricPoint['value']): Histogram {
  const { bounds, counts, sum } = value as MetricHistogram;
  return {
    buckets: { boundaries: [...bounds], counts: [...counts] },
    sum,
    count: counts.reduce((all, one) => all + one, 0),
  };
}

function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
