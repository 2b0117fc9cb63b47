import { LocalError, messageOf } from '../local-error.ts';
import { type Mapping, mappingOf } from './compose-file.ts';
import { interpolate, type Variables } from './interpolation.ts';
import { startOrder } from './start-order.ts';

/** One of our services, as the compose file wires it. */
export interface Service {
  readonly name: string;
  /** Name of its folder under `services/`. */
  readonly folder: string;
  readonly replicas: number;
  /** As written: variables are not yet put in. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dependsOn: readonly string[];
}

/** What talks to what. */
export interface Wiring {
  /** In the order of start: what others depend on comes first. */
  readonly services: readonly Service[];
  /** Names of the compose file's services that don't run here, such as a database. */
  readonly absent: ReadonlySet<string>;
}

/** Reads the wiring out of a compose file's services. A service with a `build:` is ours; one with a profile is left to Docker. */
export function wiringOf(compose: Mapping, variables: Variables): Wiring {
  const entries = Object.entries(compose).map(([name, entry]) => [name, mappingOf(entry) ?? {}] as const);
  const ours = entries.filter(([, entry]) => entry.build !== undefined && !hasProfile(entry));
  if (ours.length === 0) {
    throw new LocalError('docker-compose.yml: expected at least one service with a "build:", found none');
  }
  const services = ours.map(([name, entry]) => serviceOf(name, entry, variables));
  const ourNames = new Set(services.map(({ name }) => name));
  const absent = entries.filter(([name, entry]) => !ourNames.has(name) && !isGateway(entry)).map(([name]) => name);
  return { services: startOrder(services), absent: new Set(absent) };
}

/** The wiring with other numbers of replicas. */
export function scaled(wiring: Wiring, scale: ReadonlyMap<string, number>): Wiring {
  const names = wiring.services.map(({ name }) => name);
  for (const name of scale.keys()) {
    if (names.includes(name)) continue;
    throw new LocalError(`--scale ${name}: expected one of the services ${names.join(', ')}, got "${name}"`, 2);
  }
  const services = wiring.services.map((service) => ({
    ...service,
    replicas: scale.get(service.name) ?? service.replicas,
  }));
  return { ...wiring, services };
}

function serviceOf(name: string, entry: Mapping, variables: Variables): Service {
  try {
    const folder = pairsOf(mappingOf(entry.build)?.args).SERVICE;
    if (!folder) throw new LocalError('expected build.args.SERVICE, the folder under services/ to run, found none');
    return {
      name,
      folder: interpolate(folder, variables),
      replicas: replicasOf(entry, variables),
      environment: pairsOf(entry.environment),
      dependsOn: namesOf(entry.depends_on),
    };
  } catch (error) {
    throw new LocalError(`docker-compose.yml: service ${name}: ${messageOf(error)}`);
  }
}

function replicasOf(entry: Mapping, variables: Variables): number {
  const written = mappingOf(entry.deploy)?.replicas ?? entry.scale ?? 1;
  const replicas = Number(interpolate(String(written), variables));
  if (Number.isInteger(replicas) && replicas >= 1) return replicas;
  throw new LocalError(`expected deploy.replicas to be a whole number of 1 or more, got "${String(written)}"`);
}

function isGateway(entry: Mapping): boolean {
  return typeof entry.image === 'string' && /^([^/]+\/)*nginx\b/.test(entry.image);
}

function hasProfile(entry: Mapping): boolean {
  return Array.isArray(entry.profiles) && entry.profiles.length > 0;
}

/** Both forms that compose takes: a mapping, or a list of `NAME=value`. A name without a value means the environment's own. */
function pairsOf(written: unknown): Readonly<Record<string, string>> {
  const pairs = Array.isArray(written)
    ? written.map((line) => splitOnce(String(line), '='))
    : Object.entries(mappingOf(written) ?? {});
  return Object.fromEntries(
    pairs.flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, String(value)]])),
  );
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function namesOf(written: unknown): readonly string[] {
  return Array.isArray(written) ? written.map(String) : Object.keys(mappingOf(written) ?? {});
}
