import { loopback } from './ports/ports.ts';
import type { ReplicaPlan } from './processes/replica.ts';
import { entryOf } from './wiring/entry.ts';
import { withEnvFiles } from './wiring/env-files.ts';
import { localEnvironment, type Surroundings } from './wiring/environment.ts';
import type { Variables } from './wiring/interpolation.ts';
import type { Wiring } from './wiring/wiring.ts';

/** Which replicas run where. */
export interface Plan {
  /** In the order of start. */
  readonly replicas: readonly ReplicaPlan[];
  /** `host:port` of each service's replicas; one where nothing listens for a service without replicas. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** Paths that lead to a service, where its compose entry names them. */
  readonly routes: ReadonlyMap<string, readonly string[]>;
  /** Sentences about variables that point at something which doesn't run here. */
  readonly remarks: readonly string[];
}

interface Seat {
  readonly service: string;
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
}

/** How many ports the replicas of a wiring take. A service without replicas takes one, on which nothing listens. */
export function portCount(wiring: Wiring): number {
  return wiring.services.reduce((total, { replicas }) => total + (replicas === 0 ? 1 : 2 * replicas), 0);
}

/** Gives every replica its ports, entry and environment. */
export function planReplicas(wiring: Wiring, ports: readonly number[], root: string, variables: Variables): Plan {
  const seats = seatsOf(wiring, ports);
  const byService = Map.groupBy(seats, ({ service }) => service);
  const addresses = addressesOf(wiring, seats, ports);
  const endpoints = new Map([...addresses].map(([name, all]) => [name, all.map((address) => `http://${address}`)]));
  const vacant = new Set(wiring.services.filter(({ replicas }) => replicas === 0).map(({ name }) => name));
  const surroundings: Surroundings = { endpoints, vacant, absent: wiring.absent, variables };
  const replicas: ReplicaPlan[] = [];
  const remarks: string[] = [];
  for (const [stage, service] of wiring.services.entries()) {
    if (service.replicas === 0) continue;
    const entry = entryOf(service, root);
    const { variables: environment, leftOut } = localEnvironment(withEnvFiles(service, root), surroundings);
    for (const seat of byService.get(service.name) ?? []) {
      replicas.push({ ...seat, ...entry, stage, dependsOn: service.dependsOn, environment });
    }
    for (const [name, host] of leftOut) remarks.push(`${service.name} goes without ${name}: ${host} does not run here`);
  }
  for (const name of vacant) remarks.push(`${name} does not run: whoever calls it gets no connection`);
  const routes = new Map(wiring.services.flatMap(({ name, routes }) => (routes ? [[name, routes] as const] : [])));
  return { replicas, addresses, routes, remarks };
}

/** A service without replicas has the last ports, one each. */
function addressesOf(wiring: Wiring, seats: readonly Seat[], ports: readonly number[]): Plan['addresses'] {
  const byService = Map.groupBy(seats, ({ service }) => service);
  let spare = seats.length * 2;
  return new Map(
    wiring.services.map(({ name }) => {
      const taken = byService.get(name)?.map(({ port }) => port) ?? [ports[spare++]];
      return [name, taken.map((port) => `${loopback}:${port}`)];
    }),
  );
}

function seatsOf(wiring: Wiring, ports: readonly number[]): Seat[] {
  const names = wiring.services.flatMap(({ name, replicas }) =>
    Array.from({ length: replicas }, (_, at) => ({ service: name, name: `${name}-${at + 1}` })),
  );
  return names.map((seat, at) => ({ ...seat, port: ports[at * 2] ?? 0, adminPort: ports[at * 2 + 1] ?? 0 }));
}
