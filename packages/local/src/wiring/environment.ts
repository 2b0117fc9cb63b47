import { messageOf } from '@parley/contract';
import { LocalError } from '../local-error.ts';
import { interpolate, type Variables } from './interpolation.ts';
import type { Service } from './wiring.ts';

/** The part of a service that this is about. */
type Wired = Pick<Service, 'name' | 'environment'>;

/** Where everything is on this machine. */
export interface Surroundings {
  /** Addresses (`http://127.0.0.1:21004`) of each service's replicas. */
  readonly endpoints: ReadonlyMap<string, readonly string[]>;
  /** Names of services that run without replicas: nothing listens at their addresses. */
  readonly vacant: ReadonlySet<string>;
  /** Names of services that don't run here. */
  readonly absent: ReadonlySet<string>;
  readonly variables: Variables;
}

/** The wired part of a local process' environment. */
export interface LocalEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Variables that point at a service which doesn't run here, with its name. */
  readonly leftOut: ReadonlyMap<string, string>;
}

// Inside compose these are the container's; a local replica gets ports of its own.
const ownByReplica = new Set(['PORT', 'ADMIN_PORT', 'HOST', 'TRUSTED_PROXIES', 'DRAIN_DELAY_MS']);

/**
 * What a service's processes get to know: its compose environment, with every URL of one of our services turned into
 * the comma-separated addresses of that service's replicas, and without those of services that don't run here. A URL of a
 * service without replicas may come from the launcher's environment: `GREETINGS_URL=https://… npm start -- hello`.
 */
export function localEnvironment(service: Wired, surroundings: Surroundings): LocalEnvironment {
  const variables: Record<string, string> = {};
  const leftOut = new Map<string, string>();
  for (const [name, written] of Object.entries(service.environment)) {
    if (ownByReplica.has(name)) continue;
    const absent = hostAmong(surroundings.absent, written, surroundings);
    const elsewhere = hostAmong(surroundings.vacant, written, surroundings) && surroundings.variables[name];
    if (absent) leftOut.set(name, absent);
    else if (elsewhere) variables[name] = elsewhere;
    else variables[name] = localValue(service, name, written, surroundings);
  }
  return { variables, leftOut };
}

function hostAmong(names: ReadonlySet<string>, written: string, { variables }: Surroundings): string | undefined {
  // Lenient: a password that must be set for the database doesn't matter when there is no database.
  const value = interpolate(written, variables, { isLenient: true });
  return value
    .split(',')
    .map(hostOf)
    .find((host) => host && names.has(host));
}

function localValue(service: Wired, name: string, written: string, surroundings: Surroundings): string {
  try {
    const value = interpolate(written, surroundings.variables);
    return value
      .split(',')
      .map((part) => localAddresses(part, surroundings) ?? part)
      .join(',');
  } catch (error) {
    throw new LocalError(`compose file: service ${service.name}: ${name}: ${messageOf(error)}`);
  }
}

function localAddresses(text: string, { endpoints }: Surroundings): string | undefined {
  const host = hostOf(text);
  if (!host) return undefined;
  const path = new URL(text.trim()).pathname.replace(/\/$/, '');
  return endpoints
    .get(host)
    ?.map((endpoint) => endpoint + path)
    .join(',');
}

function hostOf(text: string): string | undefined {
  return text.includes('://') ? URL.parse(text.trim())?.hostname : undefined;
}
