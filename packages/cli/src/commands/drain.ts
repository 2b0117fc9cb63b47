import { type AddCommand, actingNote, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { replicaNamed } from '../systems/replicas-named.ts';

/** `parley drain REPLICA`: stops one replica without failing a request. */
export const drain: AddCommand = (program, dependencies) => {
  systemCommand(program, 'drain', 'Stops one replica as SIGTERM does: it finishes its requests and takes no new ones')
    .argument('<replica>', 'its name, as "parley services" shows it')
    .addHelpText(
      'after',
      examples(['parley drain hello-1', 'hello-1 drains and ends; the launcher starts it again']) + actingNote,
    )
    .action((replica, { json, ...choice }) => drainReplica(replica, json, choice, dependencies));
};

async function drainReplica(
  name: string,
  isJson: boolean,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<void> {
  const { output, env } = dependencies;
  const { askReplica, tokenFor } = await import('../operators/operator.ts');
  tokenFor('act', env);
  const replica = replicaNamed(name, await findSystem(choice, dependencies));
  const { isDraining } = await askReplica(replica, 'act', env, (client) => client.drain());
  if (isJson) output.json({ replica: name, isDraining });
  else output.line(`${name} drains`);
}
