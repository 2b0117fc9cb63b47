import { isRecord } from '@parley/contract';
import { CliError } from '../cli-error.ts';
import { ofShape } from '../text/read-shape.ts';
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

/**
 * The containers in what `docker compose ps --format json` wrote; none where that is no JSON. Compose writes one document a
 * line since 2.21, and a list before.
 *
 * @throws CliError where a document is no container
 */
export function containersIn(text: string): readonly Container[] {
  return documentsIn(text).map((document) =>
    ofShape(document, {
      expected: 'expected containers with ID, Name, Service and State from "docker compose ps --format json"',
      isShape: isContainer,
      remedy: 'check that "docker compose" is Docker Compose 2',
    }),
  );
}

function documentsIn(text: string): readonly unknown[] {
  try {
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .flatMap((line): unknown => JSON.parse(line));
  } catch {
    return [];
  }
}

function isContainer(value: unknown): value is Container {
  if (!isRecord(value)) return false;
  const { ID, Name, Service, State, Publishers } = value;
  const areTexts = [ID, Name, Service, State].every((one) => typeof one === 'string');
  return areTexts && (Publishers === undefined || Publishers === null || Array.isArray(Publishers));
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
