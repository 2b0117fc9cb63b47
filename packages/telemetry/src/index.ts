export type { MetricsPush } from './metrics/metrics-push.ts';
export type { FinishedRequest } from './spans/server-span.ts';
export { type MetricsPushOptions, startMetricsPush } from './start-metrics-push.ts';
export { startTracing, type TracingOptions } from './start-tracing.ts';
export type { RequestListener, Tracing } from './tracing.ts';
