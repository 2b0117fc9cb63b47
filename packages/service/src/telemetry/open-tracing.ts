import type { Logger } from 'pino';
import { loggedError } from '../process/logged-error.ts';
import type { ServiceListener } from './service-events.ts';

/** Whose spans are exported. */
export interface TracedService {
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

/** What `@parley/telemetry` exports, as far as the kit uses it. */
export interface TelemetryPackage {
  startTracing(options: {
    readonly serviceName: string;
    readonly serviceVersion: string;
    readonly warn: (message: string) => void;
  }): Promise<OpenTracing | undefined>;
}

const packageName = '@parley/telemetry';

/**
 * Exports spans by `@parley/telemetry`, which the kit does not depend on: OpenTelemetry's SDK is large. Without the package the
 * service runs, and its log says what to install: an orchestrator may set the variable for all services alike.
 *
 * @param load loads the package. Default: from where it is installed
 */
export async function openTracing(
  { name, version, logger }: TracedService,
  load: () => Promise<TelemetryPackage> = () => import(packageName),
): Promise<OpenTracing | undefined> {
  try {
    const { startTracing } = await load();
    return await startTracing({ serviceName: name, serviceVersion: version, warn: (message) => logger.warn(message) });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!code?.endsWith('MODULE_NOT_FOUND')) logger.error({ err: loggedError(error) }, 'cannot export spans');
    else {
      logger.warn(
        `OTEL_EXPORTER_OTLP_ENDPOINT is set but ${packageName} is not installed, so no spans are exported: npm install ${packageName}`,
      );
    }
    return undefined;
  }
}
