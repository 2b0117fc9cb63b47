import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from './local-error.ts';
import { loopback } from './ports/ports.ts';
import type { ReplicaPlan } from './processes/replica.ts';
import { localEnvironment, type Surroundings } from './wiring/environment.ts';
import type { Variables } from './wiring/interpolation.ts';
import type { Service, Wiring } from './wiring/wiring.ts';

/** Which replicas run where. */
export interface Plan {
  /** In the order of start. */
  readonly replicas: readonly ReplicaPlan[];
  /** Sentences about variables that point at something which doesn't run here. */
  readonly remarks: readonly string[];
}

interface Seat {
  readonly service: string;
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
}

/** How many ports the replicas of a wiring take. */
export function portCount(wiring: Wiring): number {
  return 2 * wiring.services.reduce((total, { replicas }) => total + replicas, 0);
}

/** Gives every replica its ports, file and environment. */
export function planReplicas(wiring: Wiring, ports: readonly number[], root: string, variables: Variables): Plan {
  const seats = seatsOf(wiring, ports);
  const byService = Map.groupBy(seats, ({ service }) => service);
  const endpoints = new Map(
    [...byService].map(([name, all]) => [name, all.map(({ port }) => `http://${loopback}:${port}`)]),
  );
  const surroundings: Surroundings = { endpoints, absent: wiring.absent, variables };
  const replicas: ReplicaPlan[] = [];
  const remarks: string[] = [];
  for (const [stage, service] of wiring.services.entries()) {
    const file = fileOf(service, root);
    const { variables: environment, leftOut } = localEnvironment(service, surroundings);
    for (const seat of byService.get(service.name) ?? []) replicas.push({ ...seat, stage, file, environment });
    for (const [name, host] of leftOut) remarks.push(`${service.name} goes without ${name}: ${host} does not run here`);
  }
  return { replicas, remarks };
}

/** `host:port` of each service's replicas. */
export function addressesOf(replicas: readonly ReplicaPlan[]): ReadonlyMap<string, readonly string[]> {
  const byService = Map.groupBy(replicas, ({ service }) => service);
  return new Map([...byService].map(([name, all]) => [name, all.map(({ port }) => `${loopback}:${port}`)]));
}

function seatsOf(wiring: Wiring, ports: readonly number[]): Seat[] {
  const names = wiring.services.flatMap(({ name, replicas }) =>
    Array.from({ length: replicas }, (_, at) => ({ service: name, name: `${name}-${at + 1}` })),
  );
  return names.map((seat, at) => ({ ...seat, port: ports[at * 2] ?? 0, adminPort: ports[at * 2 + 1] ?? 0 }));
}

function fileOf({ name, folder }: Service, root: string): string {
  const file = join('services', folder, 'main.ts');
  if (existsSync(join(root, file))) return file;
  throw new LocalError(
    `docker-compose.yml: service ${name}: expected ${file} to run, found no such file: see build.args.SERVICE`,
  );
}
