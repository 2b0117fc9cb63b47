import { type AddCommand, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { askEach, type Gathered, reportFailures } from '../operators/each-replica.ts';
import type { AdminClient } from '../operators/operator.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { replicasNamed } from '../systems/replicas-named.ts';

/** `parley lint [SERVICE]`: what looks wrong in the configuration of what runs. */
export const lint: AddCommand = (program, dependencies) => {
  systemCommand(program, 'lint', 'What looks wrong in the configuration of what runs, one sentence a line')
    .argument('[service]', 'a service or one of its replicas; all without it')
    .addHelpText(
      'after',
      `${examples(
        ['parley lint', 'of every replica'],
        ['parley lint hello', 'of the replicas of hello'],
        ['parley lint --json', 'as one JSON document'],
        ['ADMIN_READ_TOKEN=… parley lint', 'where the services have tokens'],
      )}\n\nIt reports: the exit code is 0 with findings too.`,
    )
    .action((service, { json, ...choice }) => showFindings(service, json, choice, dependencies));
};

type Linted = Awaited<ReturnType<AdminClient['lint']>>;

/** One sentence about replicas of one service. */
interface Finding {
  readonly service: string;
  readonly rule: string;
  readonly sentence: string;
  readonly replicas: readonly string[];
}

const columns = ['REPLICAS', 'RULE', 'FINDING'].map((title) => ({ title }));

async function showFindings(
  service: string | undefined,
  isJson: boolean,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<void> {
  const { output, env } = dependencies;
  const replicas = replicasNamed(service, await findSystem(choice, dependencies));
  const gathered = await askEach(replicas, env, (client) => client.lint());
  const findings = findingsOf(gathered);
  if (isJson) output.json({ findings, failures: gathered.failures.map(({ message }) => message) });
  else if (findings.length > 0) {
    output.table(
      columns,
      findings.map(({ replicas, rule, sentence }) => [replicas.join(', '), rule, sentence]),
    );
  } else output.remark(`${gathered.answers.map(({ replica }) => replica.name).join(', ')}: nothing looks wrong`);
  reportFailures(gathered, 'answer', output);
}

/** Equal sentences of replicas of one service are one finding. */
function findingsOf({ answers }: Gathered<Linted>): readonly Finding[] {
  const all = answers.flatMap(({ replica, answer }) => answer.findings.map((finding) => ({ replica, ...finding })));
  const grouped = Map.groupBy(all, ({ replica, rule, sentence }) => JSON.stringify([replica.service, rule, sentence]));
  return [...grouped.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { replica, rule, sentence } = first;
    const names = [first, ...others].map((one) => one.replica.name);
    return [{ service: replica.service, rule, sentence, replicas: names }];
  });
}
