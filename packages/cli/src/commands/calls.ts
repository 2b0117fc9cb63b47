import { type AddCommand, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { askEach, reportFailures } from '../operators/each-replica.ts';
import { type Recent, recentOf } from '../operators/recent.ts';
import { whole } from '../parser.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { replicasNamed } from '../systems/replicas-named.ts';
import { durationText } from '../text/durations.ts';
import { oneLine } from '../text/one-line.ts';
import type { Cell } from '../text/table.ts';

/** `parley calls [SERVICE]`: recent calls and requests that failed or were slow, with what happened to them. */
export const calls: AddCommand = (program, dependencies) => {
  systemCommand(program, 'calls', 'Recent calls and requests that failed or were slow, newest first')
    .argument('[service]', 'a service or one of its replicas; all without it')
    .option('--limit <count>', 'how many are shown', whole(1, 100_000), 20)
    .addHelpText(
      'after',
      examples(
        ['parley calls', 'the latest 20 of all replicas'],
        ['parley calls hello --limit 5', 'the latest 5 of the replicas of hello'],
        ['parley calls hello-1 --json', 'of one replica, with the events of each call as data'],
        ['ADMIN_READ_TOKEN=… parley calls', 'where the services have tokens'],
      ),
    )
    .action((service, { json, limit, ...choice }) => showCalls({ service, limit }, json, choice, dependencies));
};

const numbers = new Set(['STATUS', 'TIME', 'ATTEMPTS']);
const columns = [
  ...['STARTED', 'REPLICA', 'KIND', 'OPERATION', 'REASON', 'STATUS', 'CODE', 'TIME', 'ATTEMPTS', 'REQUEST'],
].map((title) => ({ title, isNumber: numbers.has(title) }));

interface Wanted {
  readonly service: string | undefined;
  readonly limit: number;
}

async function showCalls(
  { service, limit }: Wanted,
  isJson: boolean,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<void> {
  const { output, env } = dependencies;
  const replicas = replicasNamed(service, await findSystem(choice, dependencies));
  const gathered = await askEach(replicas, env, (client) => client.listCalls());
  const recent = newestFirst(recentOf(gathered)).slice(0, limit);
  if (isJson) output.json({ recent, failures: gathered.failures.map(({ message }) => message) });
  else if (recent.length > 0) writeRecent(recent, output);
  else {
    const names = gathered.answers.map(({ replica }) => replica.name).join(', ');
    output.remark(`${names}: no calls or requests that failed or were slow`);
  }
  reportFailures(gathered, 'answer', output);
}

function newestFirst(recent: readonly Recent[]): readonly Recent[] {
  return recent.toSorted((one, other) => Date.parse(other.startedAt) - Date.parse(one.startedAt));
}

/** The table, with the timeline of each call below its row. */
function writeRecent(recent: readonly Recent[], output: CommandDependencies['output']): void {
  const [titles = '', ...rows] = output.tableText(columns, recent.map(cellsOf)).split('\n');
  output.line(titles);
  for (const [at, row] of rows.entries()) {
    output.line(row);
    const one = recent[at];
    if (one?.kind !== 'call') continue;
    for (const line of one.timeline) output.line(output.paint('dim', `  ${oneLine(line)}`));
  }
}

function cellsOf(one: Recent): Cell[] {
  const { startedAt, replica, operation, reason, status, code, durationMs, requestId } = one;
  const isCall = one.kind === 'call';
  const cells = [
    ...[startedAt, replica, isCall ? `call to ${one.upstream}` : 'request', operation, reason, String(status ?? '–')],
    ...[code ?? '–', durationText(durationMs), isCall ? String(one.attempts) : '–', requestId ?? '–'],
  ];
  return cells.map((text, at): Cell => {
    const isReason = columns[at]?.title === 'REASON';
    return isReason ? { text, look: reason === 'failed' ? 'red' : 'yellow' } : oneLine(text);
  });
}
