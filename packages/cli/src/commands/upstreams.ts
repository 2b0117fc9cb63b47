import { type AddCommand, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { askEach, reportFailures } from '../operators/each-replica.ts';
import type { AdminClient } from '../operators/operator.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { replicasNamed } from '../systems/replicas-named.ts';
import type { SystemReplica } from '../systems/system.ts';
import { ageText, durationText } from '../text/durations.ts';
import type { Cell } from '../text/table.ts';

/** `parley upstreams [SERVICE]`: what services call, and how its endpoints fare. */
export const upstreams: AddCommand = (program, dependencies) => {
  systemCommand(program, 'upstreams', 'What services call: endpoints, circuits, load, retry budgets')
    .argument('[service]', 'a service or one of its replicas; all without it')
    .addHelpText(
      'after',
      examples(
        ['parley upstreams', 'of every replica'],
        ['parley upstreams hello', 'of the replicas of hello'],
        ['parley upstreams hello-1 --json', 'of one replica, as one JSON document'],
        ['ADMIN_READ_TOKEN=… parley upstreams', 'where the services have tokens'],
      ),
    )
    .action((service, { json, ...choice }) => showUpstreams(service, json, choice, dependencies));
};

type Upstream = Awaited<ReturnType<AdminClient['listUpstreams']>>['upstreams'][number];
type Endpoint = Upstream['endpoints'][number];

const numbers = new Set(['SINCE', 'IN FLIGHT', 'LATENCY', 'BUDGET']);
const columns = [
  ...['REPLICA', 'UPSTREAM', 'ENDPOINT', 'CIRCUIT', 'SINCE', 'WHY', 'EJECTED', 'IN FLIGHT', 'LATENCY'],
  ...['CONNECTIONS', 'CALLS', 'BUDGET'],
].map((title) => ({ title, isNumber: numbers.has(title) }));

async function showUpstreams(
  service: string | undefined,
  isJson: boolean,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<void> {
  const { output, env, now } = dependencies;
  const replicas = replicasNamed(service, await findSystem(choice, dependencies));
  const gathered = await askEach(replicas, env, (client) => client.listUpstreams());
  const asked = gathered.answers.map(({ replica, answer }) => ({ replica, ...answer }));
  if (isJson) {
    const shown = asked.map(({ replica, upstreams }) => ({
      service: replica.service,
      replica: replica.name,
      upstreams,
    }));
    output.json({ replicas: shown, failures: gathered.failures.map(({ message }) => message) });
  } else {
    const rows = asked.flatMap(({ replica, upstreams }) => upstreams.flatMap((one) => rowsOf(replica, one, now())));
    if (rows.length > 0) output.table(columns, rows);
    else output.remark(`${asked.map(({ replica }) => replica.name).join(', ')}: no upstreams`);
  }
  reportFailures(gathered, 'answer', output);
}

function rowsOf({ name: replica }: SystemReplica, upstream: Upstream, nowMs: number): Cell[][] {
  const { name, concurrency, retryBudget, endpoints } = upstream;
  const { inFlight, limit, queued } = concurrency;
  const calls = `${inFlight} of ${limit ?? '∞'}${queued > 0 ? `, ${queued} queued` : ''}`;
  const about = [calls, retryBudget.toFixed(1)];
  if (endpoints.length === 0) return [[replica, name, '–', '–', '–', '–', '–', '–', '–', '–', ...about]];
  return endpoints.map((endpoint) => [replica, name, ...cellsOf(endpoint, nowMs), ...about]);
}

function cellsOf(endpoint: Endpoint, nowMs: number): Cell[] {
  const { address, circuit, circuitSinceMs, isEjected, inFlight, latencyMs, connections } = endpoint;
  const { open, idle, pending, queued } = connections;
  const waiting = pending + queued;
  return [
    address,
    circuitCell(circuit),
    ageText(nowMs - circuitSinceMs),
    whyText(endpoint, nowMs),
    isEjected ? { text: 'yes', look: 'red' } : 'no',
    String(inFlight),
    latencyMs === undefined ? '–' : durationText(latencyMs),
    `${open} open, ${idle} idle${waiting > 0 ? `, ${waiting} waiting` : ''}`,
  ];
}

function circuitCell(circuit: Endpoint['circuit']): Cell {
  if (circuit === 'closed') return { text: circuit, look: 'green' };
  return { text: circuit, look: circuit === 'open' || circuit === 'forced-open' ? 'red' : 'yellow' };
}

function whyText({ circuitReason, lastFailure }: Endpoint, nowMs: number): string {
  const last = lastFailure && `${lastFailure.code} ${ageText(nowMs - lastFailure.atMs)} ago`;
  return [circuitReason, last].filter((part) => part !== undefined).join(', ') || '–';
}
