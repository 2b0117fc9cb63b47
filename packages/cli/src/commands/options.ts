import { CliError } from '../cli-error.ts';
import { type AddCommand, actingNote, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { actOnEach, askEach, reportFailures } from '../operators/each-replica.ts';
import type { AdminClient } from '../operators/operator.ts';
import { duration } from '../parser.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { replicasNamed } from '../systems/replicas-named.ts';
import { suggestion } from '../text/suggestion.ts';
import { withoutControls } from '../text/without-controls.ts';

/**
 * `parley options SERVICE`: what replicas run with. `parley options SERVICE UPSTREAM.option=value` changes options of an
 * upstream for a time, `parley options SERVICE UPSTREAM --end` ends that.
 */
export const options: AddCommand = (program, dependencies) => {
  systemCommand(
    program,
    'options',
    'What a service and its upstreams run with, or changes options of upstreams for a time',
  )
    .argument('<service>', 'a service or one of its replicas')
    .argument(
      '[words...]',
      'UPSTREAM.option=value to change it; UPSTREAM to show only its options, or to end the change',
    )
    .option('--all', 'options that have their default too', false)
    .option('--end', 'ends what was changed of the upstreams that are named', false)
    .option(
      '--for <duration>',
      'how long a change holds, such as 30s, 10m or 1h; at most 24 h (default: 10 min)',
      duration('24h'),
    )
    .addHelpText(
      'after',
      examples(
        ['parley options hello', 'of every replica, those that have another value than the default'],
        ['parley options hello greetings --all', 'of the upstream greetings, all of them'],
        ['parley options hello greetings.maxAttempts=1 --for 30m', 'no retries for half an hour, in every replica'],
        [
          'parley options hello-1 greetings.callTimeoutMs=800 greetings.attemptTimeoutMs=300',
          'both at once, in one replica',
        ],
        ['parley options hello greetings --end', 'the options of before hold again'],
      ) + actingNote,
    )
    .action((service, words, { json, all, end, for: forMs, admin, port }) => {
      const wanted = wantedOf({ service, words, all, end, forMs });
      const invocation = { isJson: json, choice: { admin, port }, dependencies };
      return wanted.act === 'show' ? showOptions(wanted, invocation) : changeOptions(wanted, invocation);
    });
};

type Values = Parameters<AdminClient['setOptions']>[0]['values'];
type Shown = Awaited<ReturnType<AdminClient['getOptions']>>['service'][number];

interface Given {
  readonly service: string;
  readonly words: readonly string[];
  readonly all: boolean;
  readonly end: boolean;
  readonly forMs: number | undefined;
}

interface Show {
  readonly act: 'show';
  readonly service: string;
  /** Those to show; of none everything. */
  readonly upstreams: readonly string[];
  readonly isAll: boolean;
}

type Change = { readonly service: string } & (
  | { readonly act: 'set'; readonly values: ReadonlyMap<string, Values>; readonly forMs: number | undefined }
  | { readonly act: 'end'; readonly upstreams: readonly string[] }
);

interface Invocation {
  readonly isJson: boolean;
  readonly choice: SystemChoice;
  readonly dependencies: CommandDependencies;
}

/** What the words mean: with a `=` they change something. */
function wantedOf({ service, words, all, end, forMs }: Given): Show | Change {
  const changes = words.filter((word) => word.includes('='));
  const upstreams = words.filter((word) => !word.includes('='));
  if (changes.length > 0 && (end || upstreams.length > 0)) {
    throw new CliError(
      'usage',
      `expected only words such as greetings.maxAttempts=1, got "${end ? '--end' : upstreams[0]}" too`,
    );
  }
  if (changes.length > 0) return { act: 'set', service, values: valuesOf(changes), forMs };
  if (forMs !== undefined)
    throw new CliError('usage', '--for: expected a change with it, such as greetings.maxAttempts=1');
  if (!end) return { act: 'show', service, upstreams, isAll: all };
  if (upstreams.length === 0)
    throw new CliError('usage', 'expected the upstream whose change ends: parley options SERVICE UPSTREAM --end');
  return { act: 'end', service, upstreams };
}

function valuesOf(changes: readonly string[]): ReadonlyMap<string, Values> {
  const values = new Map<string, Values>();
  for (const change of changes) {
    // Names of upstreams may have points, names of options have none.
    const [, upstream, option, text] = /^([^=]+)\.(\w+)=(.*)$/s.exec(change) ?? [];
    if (!upstream || !option || !text) {
      throw new CliError('usage', `expected UPSTREAM.option=value such as greetings.maxAttempts=1, got "${change}"`);
    }
    values.set(upstream, { ...values.get(upstream), [option]: typedValue(text) });
  }
  return values;
}

function typedValue(text: string): number | boolean | string {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  return text === 'true' ? true : text === 'false' ? false : text;
}

const numbers = new Set(['VALUE']);
const showColumns = ['REPLICA', 'OF', 'OPTION', 'VALUE', 'UNIT', 'SOURCE', 'ENDS'].map((title) => ({
  title,
  isNumber: numbers.has(title),
}));

async function showOptions(
  { service, upstreams, isAll }: Show,
  { isJson, choice, dependencies }: Invocation,
): Promise<void> {
  const { output, env } = dependencies;
  const replicas = replicasNamed(service, await findSystem(choice, dependencies));
  const gathered = await askEach(replicas, env, async (client) => {
    const answer = await client.getOptions();
    const known = answer.upstreams.map(({ name }) => name);
    for (const name of upstreams) expectUpstream(name, known);
    return answer;
  });
  const isShown = ({ source }: Shown) => isAll || source !== 'default';
  const shown = gathered.answers.map(({ replica, answer }) => ({
    service: replica.service,
    replica: replica.name,
    options: upstreams.length > 0 ? [] : answer.service.filter(isShown),
    upstreams: answer.upstreams
      .filter(({ name }) => upstreams.length === 0 || upstreams.includes(name))
      .map((upstream) => ({ ...upstream, options: upstream.options.filter(isShown) })),
  }));
  if (isJson) output.json({ replicas: shown, failures: gathered.failures.map(({ message }) => message) });
  else {
    const rows = shown.flatMap(({ replica, options: own, upstreams: called }) => [
      ...own.map((option) => rowOf(replica, 'service', option)),
      ...called.flatMap(({ name, options: its, endsAt }) => its.map((option) => rowOf(replica, name, option, endsAt))),
    ]);
    if (rows.length > 0) output.table(showColumns, rows);
    else
      output.remark(
        `${shown.map(({ replica }) => replica).join(', ')}: all options have their defaults; --all shows them`,
      );
  }
  reportFailures(gathered, 'answer', output);
}

function rowOf(replica: string, of: string, { name, value, unit, source }: Shown, endsAt?: string): string[] {
  const text = withoutControls(String(value)).replaceAll('\n', ' ');
  return [replica, of, name, text, unit ?? '–', source, source === 'admin' ? (endsAt ?? '–') : '–'];
}

const changeColumns = ['REPLICA', 'UPSTREAM', 'OPTION', 'BEFORE', 'AFTER', 'ENDS'].map((title) => ({ title }));

async function changeOptions(change: Change, { isJson, choice, dependencies }: Invocation): Promise<void> {
  const { output, env } = dependencies;
  const { tokenFor } = await import('../operators/operator.ts');
  tokenFor('act', env);
  const replicas = replicasNamed(change.service, await findSystem(choice, dependencies));
  const gathered = await actOnEach(replicas, env, (client) => changeIn(client, change));
  const changes = gathered.answers.flatMap(({ replica, answer }) =>
    answer.map((one) => ({ replica: replica.name, ...one })),
  );
  if (isJson) output.json({ changes, failures: gathered.failures.map(({ message }) => message) });
  else if (changes.every(({ before }) => before.length === 0)) {
    output.remark(`${gathered.answers.map(({ replica }) => replica.name).join(', ')}: nothing was changed`);
  } else {
    const rows = changes.flatMap(({ replica, upstream, before, after, endsAt = '–' }) =>
      before.map(({ name, value }) => {
        const now = after.find((option) => option.name === name)?.value ?? '–';
        return [replica, upstream, name, String(value), String(now), endsAt];
      }),
    );
    output.table(changeColumns, rows);
  }
  reportFailures(gathered, 'act', output);
}

async function changeIn(client: AdminClient, change: Change) {
  const known = (await client.getOptions()).upstreams.map(({ name }) => name);
  const names = change.act === 'set' ? [...change.values.keys()] : change.upstreams;
  // Before the first act: a mistyped name changes nothing.
  for (const name of names) expectUpstream(name, known);
  const changed = [];
  for (const upstream of names) {
    if (change.act === 'end') changed.push({ upstream, ...(await client.endOptions({ upstream })), endsAt: undefined });
    else {
      const values = change.values.get(upstream) ?? {};
      changed.push({ upstream, ...(await client.setOptions({ upstream, values, forMs: change.forMs })) });
    }
  }
  return changed;
}

function expectUpstream(name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  throw new CliError('usage', `expected one of its upstreams, got "${name}"${suggestion(name, known)}`);
}
