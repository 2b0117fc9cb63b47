import { CliError } from '../cli-error.ts';
import { type AddCommand, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { askEach, reportFailures } from '../operators/each-replica.ts';
import { type Recent, recentOf } from '../operators/recent.ts';
import { type TraceEntry, traceEntries } from '../operators/trace-entries.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { durationText } from '../text/durations.ts';
import { oneLine } from '../text/one-line.ts';
import type { Cell } from '../text/table.ts';

/** `parley trace ID`: what all replicas remember of one trace, as a timeline across services. */
export const trace: AddCommand = (program, dependencies) => {
  systemCommand(
    program,
    'trace',
    'What all replicas remember of a trace: calls and requests that failed, were slow or were retried',
  )
    .argument('<id>', 'a trace id, a traceparent, or the id of a request')
    .addHelpText(
      'after',
      examples(
        ['parley trace 0af7651916cd43dd8448eb211c80319c', 'by the id of the trace, from a log line or a metric'],
        ['parley trace 6f1c2e9a-…', 'by the id of a request: the requestId of an error'],
        ['parley trace 0af7651916cd43dd8448eb211c80319c --json', 'with the events of each call as data'],
        ['ADMIN_READ_TOKEN=… parley trace 0af7…', 'where the services have tokens'],
      ),
    )
    .action((id, { json, ...choice }) => showTrace(id, json, choice, dependencies));
};

const numbers = new Set(['AT', 'STATUS', 'TIME', 'ATTEMPTS']);
const columns = ['AT', 'REPLICA', 'WHAT', 'REASON', 'STATUS', 'CODE', 'TIME', 'ATTEMPTS'].map((title) => ({
  title,
  isNumber: numbers.has(title),
}));

async function showTrace(
  id: string,
  isJson: boolean,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<void> {
  const { output, env } = dependencies;
  const { replicas } = await findSystem(choice, dependencies);
  const gathered = await askEach(replicas, env, (client) => client.listCalls());
  const found = ofTrace(id, recentOf(gathered));
  const failures = gathered.failures.map(({ message }) => message);
  if (found.length === 0) {
    const names = gathered.answers.map(({ replica }) => replica.name).join(', ');
    throw new CliError(
      'failed',
      `expected calls or requests of ${JSON.stringify(id)} in ${names}, found none: each remembers the latest 100 that failed, ` +
        'were slow or were retried; a collector of traces has the rest',
      { lines: failures, data: { id } },
    );
  }
  const entries = traceEntries(found);
  if (isJson) output.json({ traceId: found.find(({ traceId }) => traceId)?.traceId, entries, failures });
  else writeEntries(entries, output);
  reportFailures(gathered, 'answer', output);
}

const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** Those of a trace. A request without a trace has only itself and its calls. */
function ofTrace(id: string, recent: readonly Recent[]): readonly Recent[] {
  const [, ofHeader] = traceparent.exec(id) ?? [];
  const wanted = ofHeader ?? id;
  const named = recent.filter(({ traceId, requestId }) => traceId === wanted || requestId === wanted);
  const traces = new Set(named.flatMap(({ traceId }) => traceId ?? []));
  return recent.filter((one) => named.includes(one) || (one.traceId !== undefined && traces.has(one.traceId)));
}

/** The table, with the timeline of each call below its row. */
function writeEntries(entries: readonly TraceEntry[], output: CommandDependencies['output']): void {
  const [titles = '', ...rows] = output.tableText(columns, entries.map(cellsOf)).split('\n');
  output.line(titles);
  for (const [at, row] of rows.entries()) {
    output.line(row);
    const one = entries[at];
    if (one?.kind !== 'call') continue;
    const indent = '  '.repeat(one.depth + 1);
    for (const line of one.timeline) output.line(output.paint('dim', `${indent}${oneLine(line)}`));
  }
}

function cellsOf(one: TraceEntry): Cell[] {
  const { atMs, depth, replica, operation, reason, status, code, durationMs } = one;
  const isCall = one.kind === 'call';
  const what = `${'  '.repeat(depth)}${isCall ? `call to ${one.upstream}` : 'request'} ${operation}`;
  return [
    durationText(atMs),
    oneLine(replica),
    oneLine(what),
    { text: reason, look: reason === 'failed' ? 'red' : 'yellow' },
    String(status ?? '–'),
    oneLine(code ?? '–'),
    durationText(durationMs),
    isCall ? String(one.attempts) : '–',
  ];
}
