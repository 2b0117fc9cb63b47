import type { Client } from '@parley/contract';
import type { admin } from '../admin/contract.ts';

type Admin = Client<typeof admin>;

/** What an operation of the admin API replies. */
export type AdminReply<Name extends keyof Admin> = Awaited<ReturnType<Admin[Name]>>;

/** The operations whose reply is a stream. */
type Streams = 'watchEvents';

/** Makes one reply of those of all workers, the oldest worker's first. There is at least one. */
export type Merge<Name extends keyof Admin> = (replies: readonly AdminReply<Name>[]) => AdminReply<Name>;

type Merges = { readonly [Name in Exclude<keyof Admin, Streams>]: Merge<Name> | 'one' };

type Service = AdminReply<'getService'>;
type Upstream = AdminReply<'listUpstreams'>['upstreams'][number];
type Endpoint = Upstream['endpoints'][number];

/** Entries of `GET /admin/calls`, of each kind. */
const mostCalls = 100;

/** How each operation of the admin API acts on the workers of a service: on all, with their replies merged, or on one. */
export const merges: Merges = {
  getService: mergedService,
  listUpstreams: (replies) => ({ upstreams: mergedUpstreams(replies.map(({ upstreams }) => upstreams)) }),
  setCircuit: (replies) => ({
    before: leastWell(replies.map(({ before }) => ({ circuit: before }))).circuit,
    after: leastWell(replies.map(({ after }) => ({ circuit: after }))).circuit,
  }),
  listCalls: (replies) => ({
    slowMs: first(replies).slowMs,
    calls: newest(replies.flatMap(({ calls }) => calls)),
    requests: newest(replies.flatMap(({ requests }) => requests)),
  }),
  getOptions: (replies) => ({
    service: first(replies).service,
    // What an operator has changed goes before: a worker that started since has not got it.
    upstreams: byName(replies.flatMap(({ upstreams }) => upstreams)).map(
      (same) => same.find(({ endsAt }) => endsAt !== undefined) ?? first(same),
    ),
  }),
  setOptions: first,
  endOptions: first,
  lint: (replies) => ({
    findings: [
      ...new Map(replies.flatMap(({ findings }) => findings).map((one) => [JSON.stringify(one), one])).values(),
    ],
  }),
  setLogLevel: first,
  setFault: (replies) => {
    const before = mergedFault(replies.flatMap((reply) => reply.before ?? []));
    return { ...first(replies), ...(before && { before }) };
  },
  endFault: (replies) => {
    const before = mergedFault(replies.flatMap((reply) => reply.before ?? []));
    return before ? { before } : {};
  },
  // The worker asks its supervisor, which stops all.
  drain: 'one',
};

/** One service of several workers. It has the process id of the supervisor, which is that of the service. */
export function mergedService(replies: readonly Service[]): Service {
  const loads = replies.map(({ load }) => load);
  const faults = Map.groupBy(
    replies.flatMap((reply) => reply.faults ?? []),
    ({ operation }) => operation,
  );
  const limit = sumOf(loads, (load) => load.limit ?? Number.POSITIVE_INFINITY);
  const oldest = first(replies);
  return {
    ...oldest,
    pid: process.pid,
    startedAt: new Date(performance.timeOrigin).toISOString(),
    isDraining: replies.every(({ isDraining }) => isDraining),
    logLevel: (replies.find(({ logLevel }) => logLevel?.endsAt !== undefined) ?? oldest).logLevel,
    faults: [...faults.values()].flatMap((same) => mergedFault(same) ?? []),
    load: {
      inFlight: sumOf(loads, ({ inFlight }) => inFlight),
      callers: sumOf(loads, ({ callers }) => callers),
      ...(Number.isFinite(limit) && { limit }),
    },
    workers: replies.map(({ pid, startedAt, isDraining }) => ({ pid, startedAt, isDraining })),
  };
}

type Fault = NonNullable<Service['faults']>[number];

function mergedFault(faults: readonly Fault[]): Fault | undefined {
  const [oldest] = faults;
  return oldest && { ...oldest, hits: sumOf(faults, ({ hits }) => hits) };
}

/** The upstreams of several workers: each endpoint once, with the state of its least healthy circuit. */
export function mergedUpstreams(replies: readonly (readonly Upstream[])[]): Upstream[] {
  return byName(replies.flat()).map((same) => {
    const limit = sumOf(same, ({ concurrency }) => concurrency.limit ?? Number.POSITIVE_INFINITY);
    const endpoints = Map.groupBy(
      same.flatMap((upstream) => upstream.endpoints),
      ({ address }) => address,
    );
    return {
      name: first(same).name,
      endpoints: [...endpoints.values()].map(mergedEndpoint),
      concurrency: {
        inFlight: sumOf(same, ({ concurrency }) => concurrency.inFlight),
        queued: sumOf(same, ({ concurrency }) => concurrency.queued),
        ...(Number.isFinite(limit) && { limit }),
      },
      retryBudget: sumOf(same, ({ retryBudget }) => retryBudget),
    };
  });
}

function mergedEndpoint(same: readonly Endpoint[]): Endpoint {
  const connections = { ...first(same).connections };
  for (const name of Object.keys(connections) as (keyof typeof connections)[]) {
    connections[name] = sumOf(same, (endpoint) => endpoint.connections[name]);
  }
  const latencies = same.flatMap(({ latencyMs }) => latencyMs ?? []);
  return {
    ...leastWell(same),
    isEjected: same.some(({ isEjected }) => isEjected),
    inFlight: sumOf(same, ({ inFlight }) => inFlight),
    ...(latencies.length > 0 && { latencyMs: Math.max(...latencies) }),
    connections,
  };
}

/** Circuits, the least healthy first. */
const circuits: readonly Endpoint['circuit'][] = ['forced-open', 'open', 'half-open', 'forced-closed', 'closed'];

function leastWell<One extends Pick<Endpoint, 'circuit'>>(same: readonly One[]): One {
  return first(same.toSorted((a, b) => circuits.indexOf(a.circuit) - circuits.indexOf(b.circuit)));
}

function newest<One extends { readonly startedAt: string }>(entries: readonly One[]): One[] {
  return entries.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt)).slice(0, mostCalls);
}

function byName<One extends { readonly name: string }>(all: readonly One[]): readonly One[][] {
  // Several upstreams of one worker with one name are one here: operators can act on the first one only.
  return [...Map.groupBy(all, ({ name }) => name).values()];
}

function sumOf<One>(all: readonly One[], of: (one: One) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}

function first<One>(all: readonly One[]): One {
  return all[0] as One;
}
