import type { AbortCode } from '@parley/service/admin';
import { CliError } from '../cli-error.ts';
import { type AddCommand, actingNote, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { actOnEach, askEach, reportFailures } from '../operators/each-replica.ts';
import type { AdminClient } from '../operators/operator.ts';
import { decimal, duration } from '../parser.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { replicasNamed } from '../systems/replicas-named.ts';
import type { SystemReplica } from '../systems/system.ts';
import { durationText } from '../text/durations.ts';
import { suggestion } from '../text/suggestion.ts';

/**
 * `parley fault set SERVICE OPERATION`: injects delays and errors into an operation. `parley fault end SERVICE OPERATION`
 * ends them, `parley fault [SERVICE]` lists them.
 */
export const fault: AddCommand = (program, dependencies) => {
  systemCommand(program, 'fault', 'Injects delays and errors into an operation for a time, or lists them')
    .argument('[act-or-service]', 'set or end; or a service or a replica, whose faults are listed; all without it')
    .argument('[service]', 'after set or end: a service or one of its replicas')
    .argument('[operation]', 'after set or end: its operation, by its name in the contract')
    .option('--delay <duration>', 'requests wait this long, such as 300ms; at most 60 s', duration('60s'))
    .option('--abort <code>', 'requests fail with this error code, such as unavailable, or status, such as 503')
    .option('--percent <share>', 'share of the requests that it hits (default: 100)', decimal(100))
    .option('--for <duration>', 'how long it holds, such as 30s, 5m or 1h; at most 1 h', duration('1h'))
    .addHelpText(
      'after',
      examples(
        ['parley fault set hello sayHello --delay 300ms --for 5m', 'requests wait 300 ms, for 5 minutes'],
        ['parley fault set hello-1 sayHello --abort 503 --percent 20 --for 5m', 'a fifth fails, at one replica'],
        ['parley fault hello', 'the faults of hello, and how many requests they have hit'],
        ['parley fault end hello sayHello', 'no fault any more'],
      ) + actingNote,
    )
    .action(async (first, service, operation, { json, admin, port, ...options }) => {
      const { delay: delayMs, percent: percentage, for: forMs } = options;
      const abort = options.abort === undefined ? undefined : await abortCodeOf(options.abort);
      const wanted = wantedFault([first, service, operation], { delayMs, abort, percentage, forMs });
      const invocation = { isJson: json, choice: { admin, port }, dependencies };
      return wanted.act === 'list' ? listFaults(wanted.service, invocation) : changeFaults(wanted, invocation);
    });
};

/** Imported late: it brings the admin API, which help and completions do without. */
async function abortCodeOf(text: string): Promise<AbortCode> {
  const { abortCode } = await import('../operators/abort-codes.ts');
  return abortCode(text);
}

/** The options of `set`, and how they are typed. */
const flags = { delayMs: '--delay', abort: '--abort', percentage: '--percent', forMs: '--for' } as const;

interface FaultOptions {
  readonly delayMs: number | undefined;
  readonly abort: AbortCode | undefined;
  readonly percentage: number | undefined;
  readonly forMs: number | undefined;
}

type Change = { readonly service: string; readonly operation: string } & (
  | { readonly act: 'set'; readonly fault: Omit<Parameters<AdminClient['setFault']>[0], 'operation'> }
  | { readonly act: 'end' }
);

type Wanted = Change | { readonly act: 'list'; readonly service: string | undefined };

type SetFault = NonNullable<Awaited<ReturnType<AdminClient['getService']>>['faults']>[number];

interface Invocation {
  readonly isJson: boolean;
  readonly choice: SystemChoice;
  readonly dependencies: CommandDependencies;
}

/** What the words mean: without `set` or `end` the first one is a service. */
function wantedFault(
  [first, service, operation]: readonly (string | undefined)[],
  { delayMs, abort, percentage, forMs }: FaultOptions,
): Wanted {
  const isAct = first === 'set' || first === 'end';
  if (!isAct && service !== undefined) {
    throw new CliError('usage', `expected set or end, got "${first}"${suggestion(first ?? '', ['set', 'end'])}`);
  }
  const given = Object.entries({ delayMs, abort, percentage, forMs }).find(([, value]) => value !== undefined);
  if (first !== 'set' && given !== undefined) {
    const flag = flags[given[0] as keyof FaultOptions];
    throw new CliError('usage', `${flag}: expected it with "parley fault set" only: leave it out`);
  }
  if (!isAct) return { act: 'list', service: first };
  if (service === undefined || operation === undefined) {
    throw new CliError('usage', `expected a service and an operation: parley fault ${first} SERVICE OPERATION`);
  }
  if (first === 'end') return { act: 'end', service, operation };
  if (forMs === undefined) throw new CliError('usage', 'expected how long the fault holds, for example --for 5m');
  return { act: 'set', service, operation, fault: { delayMs, abort, percentage: percentage ?? 100, forMs } };
}

async function changeFaults(change: Change, { isJson, choice, dependencies }: Invocation): Promise<void> {
  const { output, env } = dependencies;
  const { service, operation } = change;
  const { tokenFor } = await import('../operators/operator.ts');
  tokenFor('act', env);
  const replicas = replicasNamed(service, await findSystem(choice, dependencies));
  const gathered = await actOnEach(replicas, env, async (client, replica) => {
    await expectOperation(client, replica, operation);
    if (change.act === 'set') return client.setFault({ operation, ...change.fault });
    return { ...(await client.endFault({ operation })), after: undefined };
  });
  const changes = gathered.answers.map(({ replica, answer }) => ({ replica: replica.name, ...answer }));
  if (isJson) output.json({ operation, changes, failures: gathered.failures.map(({ message }) => message) });
  else {
    output.table(
      ['REPLICA', 'OPERATION', 'BEFORE', 'AFTER', 'ENDS'].map((title) => ({ title })),
      changes.map(({ replica, before, after }) => [
        ...[replica, operation, faultText(before), faultText(after), after?.endsAt ?? '–'],
      ]),
    );
  }
  reportFailures(gathered, 'act', output);
}

const numbers = new Set(['DELAY', 'PERCENT', 'HITS']);
const listColumns = ['REPLICA', 'OPERATION', 'DELAY', 'ABORT', 'PERCENT', 'HITS', 'ENDS'].map((title) => ({
  title,
  isNumber: numbers.has(title),
}));

async function listFaults(service: string | undefined, { isJson, choice, dependencies }: Invocation): Promise<void> {
  const { output, env } = dependencies;
  const replicas = replicasNamed(service, await findSystem(choice, dependencies));
  const gathered = await askEach(replicas, env, (client) => client.getService());
  const faults = gathered.answers.flatMap(({ replica, answer }) =>
    (answer.faults ?? []).map((one) => ({ service: replica.service, replica: replica.name, ...one })),
  );
  if (isJson) output.json({ faults, failures: gathered.failures.map(({ message }) => message) });
  else if (faults.length > 0) {
    output.table(
      listColumns,
      faults.map(({ replica, operation, delayMs, abort = '–', percentage, hits, endsAt }) => [
        ...[replica, operation, delayMs === undefined ? '–' : durationText(delayMs), abort],
        ...[String(percentage), String(hits), endsAt],
      ]),
    );
  } else output.remark(`${gathered.answers.map(({ replica }) => replica.name).join(', ')}: no faults`);
  reportFailures(gathered, 'answer', output);
}

/** `300 ms, unavailable, 20 %`. */
function faultText(fault: SetFault | undefined): string {
  if (!fault) return '–';
  const { delayMs, abort, percentage } = fault;
  const parts = [delayMs === undefined ? undefined : durationText(delayMs), abort, `${percentage} %`];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** Suggests a near name: the service itself only lists what there is. */
async function expectOperation(client: AdminClient, { name }: SystemReplica, operation: string): Promise<void> {
  const { operations } = await client.getService();
  const names = operations.map((one) => one.name);
  if (names.includes(operation)) return;
  throw new CliError(
    'usage',
    `${name}: expected one of its operations, got "${operation}"${suggestion(operation, names)}`,
  );
}
