import { dirname } from 'node:path';
import { messageOf } from '@parley/contract';
import { LocalError } from '../local-error.ts';
import { interpolate, type Variables } from './interpolation.ts';
import { type Mapping, mappingOf } from './mapping.ts';
import { startOrder } from './start-order.ts';

/** One of our services, as the compose file wires it. */
export interface Service {
  readonly name: string;
  /** Where its image is built from. */
  readonly build: Build;
  /** What starts it in its container, if the compose file says so. Variables are put in. */
  readonly command: readonly string[] | undefined;
  /** The file to run (`x-parley.entry`), if the compose file says so. */
  readonly entry: string | undefined;
  /** Paths that lead to it (`x-parley.routes`), if the compose file says so. */
  readonly routes: readonly string[] | undefined;
  /** Files with more of its environment (`env_file`), from the root; the later one wins. */
  readonly envFiles: readonly EnvFile[];
  readonly replicas: number;
  /** As written: variables are not yet put in. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dependsOn: readonly string[];
}

/** The `build:` of a service, variables put in. */
export interface Build {
  /** Folder, from the root. */
  readonly context: string;
  /** Folder of its Dockerfile, from the context; `.` without one. */
  readonly dockerfileFolder: string;
  /** `args.SERVICE`, the name of a folder under `services/`. */
  readonly service: string | undefined;
}

/** A file of variables. */
export interface EnvFile {
  readonly path: string;
  /** Whether it must be there. */
  readonly isRequired: boolean;
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
    throw new LocalError('compose file: expected at least one service with a "build:", found none');
  }
  const services = ours.map(([name, entry]) => serviceOf(name, entry, variables));
  const ourNames = new Set(services.map(({ name }) => name));
  const absent = entries.filter(([name, entry]) => !ourNames.has(name) && !isGateway(entry)).map(([name]) => name);
  return { services: startOrder(services), absent: new Set(absent) };
}

/** The wiring with other numbers of replicas; 0 for none. */
export function scaled(wiring: Wiring, scale: ReadonlyMap<string, number>): Wiring {
  for (const name of scale.keys()) known(wiring, name, `--scale ${name}`);
  const services = wiring.services.map((service) => ({
    ...service,
    replicas: scale.get(service.name) ?? service.replicas,
  }));
  return { ...wiring, services };
}

/** The wiring with replicas of these services, and of what they depend on, only. With no name, as it is. */
export function limitedTo(wiring: Wiring, names: readonly string[]): Wiring {
  if (names.length === 0) return wiring;
  const wanted = new Set<string>();
  const want = (service: Service): void => {
    if (wanted.has(service.name)) return;
    wanted.add(service.name);
    for (const other of wiring.services) if (service.dependsOn.includes(other.name)) want(other);
  };
  for (const name of names) want(known(wiring, name, name));
  return scaled(wiring, new Map(wiring.services.filter(({ name }) => !wanted.has(name)).map(({ name }) => [name, 0])));
}

function known({ services }: Wiring, name: string, where: string): Service {
  const found = services.find((service) => service.name === name);
  if (found) return found;
  const names = services.map((service) => service.name).join(', ');
  throw new LocalError(`${where}: expected one of the services ${names}, got "${name}"`, 2);
}

function serviceOf(name: string, entry: Mapping, variables: Variables): Service {
  try {
    const extension = mappingOf(entry['x-parley']) ?? {};
    return {
      name,
      build: buildOf(entry.build, variables),
      command: wordsOf(entry.command, variables),
      entry: textOf(extension.entry, variables),
      routes: extension.routes === undefined ? undefined : listOf(extension.routes).map(String),
      envFiles: envFilesOf(entry, variables),
      replicas: replicasOf(entry, variables),
      environment: pairsOf(entry.environment),
      dependsOn: namesOf(entry.depends_on),
    };
  } catch (error) {
    throw new LocalError(`compose file: service ${name}: ${messageOf(error)}`);
  }
}

/** Both forms that compose takes: the context alone, or a mapping. */
function buildOf(written: unknown, variables: Variables): Build {
  const { context, dockerfile, args } = mappingOf(written) ?? { context: written };
  const { SERVICE } = pairsOf(args);
  return {
    context: textOf(context, variables) ?? '.',
    dockerfileFolder: dirname(textOf(dockerfile, variables) ?? 'Dockerfile'),
    service: textOf(SERVICE, variables),
  };
}

/** Both forms that compose takes: a list of words, or a line that is split at its spaces. */
function wordsOf(written: unknown, variables: Variables): readonly string[] | undefined {
  if (written === undefined || written === null) return undefined;
  const words = Array.isArray(written) ? written.map(String) : String(written).split(/\s+/);
  return words.filter((word) => word !== '').map((word) => interpolate(word, variables));
}

/** The files that a service names as `env_file`. */
export function envFilesOf(entry: Mapping, variables: Variables): readonly EnvFile[] {
  return listOf(entry.env_file ?? []).map((file) => envFileOf(file, variables));
}

/** Both forms that compose takes: a path, or a mapping. */
function envFileOf(written: unknown, variables: Variables): EnvFile {
  const { path, required } = mappingOf(written) ?? { path: written };
  return { path: interpolate(String(path), variables), isRequired: required !== false };
}

function textOf(written: unknown, variables: Variables): string | undefined {
  return written === undefined || written === null ? undefined : interpolate(String(written), variables);
}

function listOf(written: unknown): readonly unknown[] {
  return Array.isArray(written) ? written : [written];
}

function replicasOf(entry: Mapping, variables: Variables): number {
  const written = mappingOf(entry.deploy)?.replicas ?? entry.scale ?? 1;
  const replicas = Number(interpolate(String(written), variables));
  if (Number.isInteger(replicas) && replicas >= 0) return replicas;
  throw new LocalError(`expected deploy.replicas to be a whole number, got "${String(written)}"`);
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
