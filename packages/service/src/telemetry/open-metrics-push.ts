import type { MetricFamily } from '@parley/contract';
import {
  type ExportedService,
  type LoadTelemetry,
  loadTelemetry,
  type OpenMetricsPush,
  startTelemetry,
} from './telemetry-package.ts';

/**
 * Pushes metrics by `@parley/telemetry`. Without the package the log says so.
 *
 * @param read gives all metrics with their values as they are now
 * @param load for tests
 */
export function openMetricsPush(
  service: ExportedService,
  read: () => readonly MetricFamily[],
  load: LoadTelemetry = loadTelemetry,
): Promise<OpenMetricsPush | undefined> {
  return startTelemetry(service, 'metrics', load, ({ startMetricsPush }, options) =>
    startMetricsPush({ ...options, read }),
  );
}
