import { CliError } from '../cli-error.ts';
import { type AddCommand, actingNote, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { actOnEach, reportFailures } from '../operators/each-replica.ts';
import { logLevels } from '../operators/log-levels.ts';
import { duration } from '../parser.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { replicasNamed } from '../systems/replicas-named.ts';
import { suggestion } from '../text/suggestion.ts';

/** `parley log-level SERVICE LEVEL`: changes the log level of running replicas for a time. */
export const logLevel: AddCommand = (program, dependencies) => {
  systemCommand(
    program,
    'log-level',
    'Changes the log level of a service for a time; then the configured one holds again',
  )
    .argument('<service>', 'a service or one of its replicas')
    .argument('<level>', logLevels.join(', '), levelNamed)
    .option(
      '--for <duration>',
      'how long it holds, such as 30s, 10m or 1h; at most 1 h (default: 10 min)',
      duration('1h'),
    )
    .addHelpText(
      'after',
      examples(
        ['parley log-level hello debug', 'every replica of hello, for 10 minutes'],
        ['parley log-level hello-1 trace --for 30s', 'one replica, for 30 seconds'],
        ['parley log-level hello info', 'the configured level again, where that is info'],
      ) + actingNote,
    )
    .action((service, level, { json, for: forMs, ...choice }) =>
      changeLevels({ service, level, forMs }, json, choice, dependencies),
    );
};

type LogLevel = (typeof logLevels)[number];

function levelNamed(text: string): LogLevel {
  const found = logLevels.find((level) => level === text);
  if (found) return found;
  throw new CliError('usage', `expected a log level, got "${text}"${suggestion(text, logLevels)}`);
}

interface Wanted {
  readonly service: string;
  readonly level: LogLevel;
  /** Undefined for the default of the admin API. */
  readonly forMs: number | undefined;
}

const columns = ['REPLICA', 'BEFORE', 'AFTER', 'ENDS'].map((title) => ({ title }));

async function changeLevels(
  { service, level, forMs }: Wanted,
  isJson: boolean,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<void> {
  const { output, env } = dependencies;
  const { tokenFor } = await import('../operators/operator.ts');
  tokenFor('act', env);
  const replicas = replicasNamed(service, await findSystem(choice, dependencies));
  const gathered = await actOnEach(replicas, env, (client) => client.setLogLevel({ level, forMs }));
  const changes = gathered.answers.map(({ replica, answer }) => ({ replica: replica.name, ...answer }));
  if (isJson) output.json({ changes, failures: gathered.failures.map(({ message }) => message) });
  else {
    const rows = changes.map(({ replica, before, after, endsAt = '–' }) => [replica, before, after, endsAt]);
    output.table(columns, rows);
  }
  reportFailures(gathered, 'act', output);
}
