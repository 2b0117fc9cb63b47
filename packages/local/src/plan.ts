import { loopback } from './ports/ports.ts';
import type { Place } from './processes/renewable-replica.ts';
import type { ReplicaPlan } from './processes/replica.ts';
import { codeFolders } from './wiring/code-folders.ts';
import { entryOf } from './wiring/entry.ts';
import { withEnvFiles } from './wiring/env-files.ts';
import { localEnvironment, type Surroundings } from './wiring/environment.ts';
import type { Variables } from './wiring/interpolation.ts';
import type { Wiring } from './wiring/wiring.ts';

/** What a plan is for. */
export interface PlanOptions {
  readonly root: string;
  /** Whether processes are to be replaced while they serve. */
  readonly watch: boolean;
}

/** A replica, and in watch mode where processes that replace each other take turns. */
export type SeatedPlan = ReplicaPlan & Pick<Seat, 'places'>;

/** Which replicas run where. */
export interface Plan {
  /** In the order of start. */
  readonly replicas: readonly SeatedPlan[];
  /** `host:port` of each service's replicas; one where nothing listens for a service without replicas. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** Paths that lead to a service, where its compose entry names them. */
  readonly routes: ReadonlyMap<string, readonly string[]>;
  /** Folders whose code each service runs. */
  readonly folders: ReadonlyMap<string, readonly string[]>;
  /** Sentences about variables that point at something which doesn't run here. */
  readonly remarks: readonly string[];
}

interface Seat extends Place {
  readonly service: string;
  readonly name: string;
  readonly places: readonly [Place, Place] | undefined;
}

/** Its port and its operators' port; in watch mode the same for two places behind that port. */
const portsOfReplica = ({ watch }: PlanOptions) => (watch ? 6 : 2);

/** How many ports the replicas of a wiring take. A service without replicas takes one, on which nothing listens. */
export function portCount(wiring: Wiring, options: PlanOptions): number {
  const each = portsOfReplica(options);
  return wiring.services.reduce((total, { replicas }) => total + (replicas === 0 ? 1 : each * replicas), 0);
}

/** Gives every replica its ports, entry and environment. */
export function planReplicas(
  wiring: Wiring,
  ports: readonly number[],
  variables: Variables,
  options: PlanOptions,
): Plan {
  const { root } = options;
  const seats = seatsOf(wiring, ports, options);
  const byService = Map.groupBy(seats, ({ service }) => service);
  const addresses = addressesOf(wiring, seats, ports);
  const endpoints = new Map([...addresses].map(([name, all]) => [name, all.map((address) => `http://${address}`)]));
  const vacant = new Set(wiring.services.filter(({ replicas }) => replicas === 0).map(({ name }) => name));
  const surroundings: Surroundings = { endpoints, vacant, absent: wiring.absent, variables };
  const replicas: SeatedPlan[] = [];
  const folders = new Map<string, readonly string[]>();
  const remarks: string[] = [];
  for (const [stage, service] of wiring.services.entries()) {
    if (service.replicas === 0) continue;
    const { folder, ...entry } = entryOf(service, root);
    folders.set(service.name, codeFolders(folder, root));
    const { variables: environment, leftOut } = localEnvironment(withEnvFiles(service, root), surroundings);
    for (const seat of byService.get(service.name) ?? []) {
      replicas.push({ ...seat, ...entry, stage, dependsOn: service.dependsOn, environment });
    }
    for (const [name, host] of leftOut) remarks.push(`${service.name} goes without ${name}: ${host} does not run here`);
  }
  for (const name of vacant) remarks.push(`${name} does not run: callers of it get no connection`);
  const routes = new Map(wiring.services.flatMap(({ name, routes }) => (routes ? [[name, routes] as const] : [])));
  return { replicas, addresses, routes, folders, remarks };
}

/** A service without replicas has the last ports, one each. */
function addressesOf(wiring: Wiring, seats: readonly Seat[], ports: readonly number[]): Plan['addresses'] {
  const byService = Map.groupBy(seats, ({ service }) => service);
  const vacancies = wiring.services.filter(({ replicas }) => replicas === 0).length;
  let spare = ports.length - vacancies;
  return new Map(
    wiring.services.map(({ name }) => {
      const taken = byService.get(name)?.map(({ port }) => port) ?? [ports[spare++]];
      return [name, taken.map((port) => `${loopback}:${port}`)];
    }),
  );
}

function seatsOf(wiring: Wiring, ports: readonly number[], options: PlanOptions): Seat[] {
  const names = wiring.services.flatMap(({ name, replicas }) =>
    Array.from({ length: replicas }, (_, at) => ({ service: name, name: `${name}-${at + 1}` })),
  );
  const each = portsOfReplica(options);
  return names.map((seat, at) => {
    const place = (first: number): Place => ({
      port: ports[at * each + first] ?? 0,
      adminPort: ports[at * each + first + 1] ?? 0,
    });
    return { ...seat, ...place(0), places: options.watch ? [place(2), place(4)] : undefined };
  });
}
