import type { MetricFamily } from '@parley/contract';
import type { Logger } from 'pino';
import { loggedError } from '../process/logged-error.ts';
import type { ServiceListener } from './service-events.ts';

/** A service whose spans and metrics are exported. */
export interface ExportedService {
  readonly name: string;
  /** Of its API. */
  readonly version: string;
  readonly logger: Logger;
}

/** Spans on their way to a collector. */
export interface OpenTracing {
  /** Makes spans of requests. */
  readonly listener: ServiceListener;
  /** Sends what waits. */
  close(): Promise<void>;
}

/** Metrics that go to a collector again and again. */
export interface OpenMetricsPush {
  /** Sends them once more. */
  close(): Promise<void>;
}

interface StartOptions {
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly warn: (message: string) => void;
}

/** What `@parley/telemetry` exports, as far as the kit uses it. */
export interface TelemetryPackage {
  startTracing(options: StartOptions): Promise<OpenTracing | undefined>;
  startMetricsPush(
    options: StartOptions & { readonly read: () => readonly MetricFamily[] },
  ): Promise<OpenMetricsPush | undefined>;
}

/** Loads the package. */
export type LoadTelemetry = () => Promise<TelemetryPackage>;

const packageName = '@parley/telemetry';

/** From where it is installed, or from the bundle. */
export const loadTelemetry: LoadTelemetry = async () => {
  // Its name stands here, so that bundlers find it: from outside the bundle it would bring a second `@parley/contract`, and see no call.
  try {
    return await import('@parley/telemetry');
  } catch (error) {
    // Caught here since a bundler lets a package be missing only where a `try` stands around its import.
    return Promise.reject(error);
  }
};

/**
 * Starts something of `@parley/telemetry`, which the kit does not depend on: OpenTelemetry's SDK is large. Without the package the
 * service runs, and its log says what to install: an orchestrator may set the variable for all services alike.
 *
 * @param what is exported, for the log: `spans`
 */
export async function startTelemetry<Started>(
  { name, version, logger }: ExportedService,
  what: string,
  load: LoadTelemetry,
  start: (telemetry: TelemetryPackage, options: StartOptions) => Promise<Started | undefined>,
): Promise<Started | undefined> {
  try {
    const warn = (message: string) => logger.warn(message);
    return await start(await load(), { serviceName: name, serviceVersion: version, warn });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!code?.endsWith('MODULE_NOT_FOUND')) logger.error({ err: loggedError(error) }, `cannot export ${what}`);
    else {
      logger.warn(
        `OTEL_EXPORTER_OTLP_ENDPOINT is set but ${packageName} is not installed, so no ${what} are exported: npm install ${packageName}`,
      );
    }
    return undefined;
  }
}
