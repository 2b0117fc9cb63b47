import { CliError } from '../cli-error.ts';
import type { System, SystemReplica } from './system.ts';

/** Runs a program and returns what it wrote to stdout; undefined where it is not installed or fails. */
export type RunProgram = (command: string, args: readonly string[], cwd: string) => Promise<string | undefined>;

/** A port of a container that is published on the host. */
export interface Publisher {
  readonly URL?: string;
  readonly TargetPort?: number;
  readonly PublishedPort?: number;
}

/** A container, as `docker compose ps --format json` tells of it. */
export interface Container {
  readonly ID: string;
  readonly Image?: string;
  readonly Health?: string;
  readonly Name: string;
  readonly Service: string;
  readonly State: string;
  readonly Publishers?: readonly Publisher[] | null;
}

/** Port of operators inside a container: `ADMIN_PORT` of a service, by default. */
const adminPort = 9000;
const servicePort = 3000;

/**
 * What `docker compose up` runs in a folder: containers whose operators' port is published.
 *
 * @returns undefined where there is no Docker, no compose file, or no container that runs
 * @throws CliError where containers run, and no operators' port is published
 */
export async function composedIn(folder: string, run: RunProgram): Promise<System | undefined> {
  const text = await run('docker', ['compose', 'ps', '--format', 'json'], folder);
  if (text === undefined) return undefined;
  const running = containersIn(text).filter(({ State }) => State === 'running');
  if (running.length === 0) return undefined;
  const replicas = running.flatMap(replicaOf);
  if (replicas.length > 0) return { source: 'compose', url: undefined, replicas };
  const names = running.map(({ Name }) => Name).join(', ');
  throw new CliError(
    'nothingRuns',
    `expected a container with a published operators' port, found ${names} without: publish port ${adminPort} of the services ` +
      `on loopback (ports: ["127.0.0.1::${adminPort}"]) and set ADMIN_READ_TOKEN there, or name reachable ports with --admin URL`,
  );
}

/** Compose writes one document a line since 2.21, and a list before. */
export function containersIn(text: string): readonly Container[] {
  try {
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .flatMap((line) => JSON.parse(line) as Container | Container[]);
  } catch {
    return [];
  }
}

function replicaOf({ Name, Service, Publishers }: Container): SystemReplica[] {
  const operators = published(Publishers, adminPort);
  if (operators === undefined) return [];
  const address = published(Publishers, servicePort);
  return [{ service: Service, name: Name, address, operators, pid: undefined, isDead: false }];
}

/** Where a port of a container is reached on the host; undefined where it is not published. */
export function published(publishers: Container['Publishers'], target: number): string | undefined {
  const found = publishers?.find(({ TargetPort, PublishedPort }) => TargetPort === target && PublishedPort);
  if (!found) return undefined;
  const host = !found.URL || found.URL === '0.0.0.0' || found.URL === '::' ? '127.0.0.1' : found.URL;
  return `http://${host.includes(':') ? `[${host}]` : host}:${found.PublishedPort}`;
}
