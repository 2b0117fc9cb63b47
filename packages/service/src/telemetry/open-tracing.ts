import {
  type ExportedService,
  type LoadTelemetry,
  loadTelemetry,
  type OpenTracing,
  startTelemetry,
} from './telemetry-package.ts';

/** Exports spans by `@parley/telemetry`. Without the package the log says so. @param load for tests */
export function openTracing(
  service: ExportedService,
  load: LoadTelemetry = loadTelemetry,
): Promise<OpenTracing | undefined> {
  return startTelemetry(service, 'spans', load, ({ startTracing }, options) => startTracing(options));
}
