export type { FinishedRequest } from './spans/server-span.ts';
export { startTracing, type TracingOptions } from './start-tracing.ts';
export type { RequestListener, Tracing } from './tracing.ts';
