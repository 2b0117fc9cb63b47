import { serverLimits } from '../connections/server-limits.ts';
import { type Environment, readSettings } from '../process/settings.ts';
import { standardOptions } from '../process/standard-options.ts';
import { initialLimit } from '../shedding/limit.ts';

/** What a service listens on and bears, as far as its environment tells: options in its code are not known here. */
export interface ServiceLimits {
  readonly port: number;
  readonly adminPort: number;
  readonly drainDelayMs: number;
  readonly drainTimeoutMs: number;
  readonly trustedProxies: readonly string[];
  /** It closes a connection that has been idle for this long, in ms. */
  readonly keepAliveTimeoutMs: number;
  /** Bytes of the head of a request. */
  readonly maxHeaderBytes: number;
  readonly requestTimeoutMs: number;
  /** Bytes of the body of a request, where the operation does not say otherwise. */
  readonly bodyLimitBytes: number;
  /** Requests in flight that one replica starts with; it adapts the number to what it can take. */
  readonly requestsInFlight: number;
}

/**
 * Reads the limits of a service out of its environment, with its defaults for what is not set. For tools that check a deployment.
 *
 * @throws ConfigError that names every wrong variable
 */
export function serviceLimits(environment: Environment): ServiceLimits {
  const { port, adminPort, drainDelayMs, drainTimeoutMs, trustedProxies = [] } = readSettings(environment);
  const { requestTimeoutMs, bodyLimitBytes } = standardOptions;
  const { keepAliveTimeout: keepAliveTimeoutMs, maxHeaderSize: maxHeaderBytes } = serverLimits;
  return {
    ...{ port, adminPort, drainDelayMs, drainTimeoutMs, trustedProxies },
    ...{ keepAliveTimeoutMs, maxHeaderBytes, requestTimeoutMs, bodyLimitBytes, requestsInFlight: initialLimit },
  };
}
