import { isMetricsPushAsked, isTracedByApplication, isTraceExportAsked } from '@parley/contract';
import { endpointFault, type Signal } from './environment.ts';

const isAsked = { TRACES: isTraceExportAsked, METRICS: isMetricsPushAsked } as const satisfies Record<Signal, unknown>;

const leftToTheApplication: Readonly<Record<Signal, string>> = {
  TRACES: 'Parley exports no spans, and hands on the active span',
  METRICS: 'Parley pushes no metrics; /metrics has them',
};

/**
 * Whether spans or metrics are exported: the environment asks for it, the collector's address can be one, and the application has no
 * OpenTelemetry SDK of its own.
 *
 * @param warn gets the reason where the environment asks for an export that cannot be
 */
export function isExported(signal: Signal, warn: (message: string) => void): boolean {
  if (!isAsked[signal](process.env)) return false;
  const ownSdk = `the application has an OpenTelemetry SDK of its own: ${leftToTheApplication[signal]}`;
  const obstacle = endpointFault(process.env, signal) ?? (isTracedByApplication() ? ownSdk : undefined);
  if (obstacle !== undefined) warn(obstacle);
  return obstacle === undefined;
}
