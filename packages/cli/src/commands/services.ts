import { type AddCommand, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { probe, type ReplicaState } from '../operators/probe.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { byService } from '../systems/system.ts';
import type { Cell } from '../text/table.ts';

/** `parley services`: what runs, where, and whether it is ready. Needs no token. */
export const services: AddCommand = (program, dependencies) => {
  systemCommand(program, 'services', 'What runs: services, replicas, addresses, and whether they are ready')
    .addHelpText(
      'after',
      examples(
        ['parley services', 'what parley start runs in this folder'],
        ['parley services --json', 'the same as one JSON document'],
        ['parley services --admin http://127.0.0.1:9000', 'the service behind an operators’ port'],
      ),
    )
    .action(({ json, ...choice }) => showServices(json, choice, dependencies));
};

const columns = ['SERVICE', 'REPLICA', 'STATE', 'PID', 'ADDRESS', 'OPERATORS'].map((title) => ({
  title,
  isNumber: title === 'PID',
}));

async function showServices(isJson: boolean, choice: SystemChoice, dependencies: CommandDependencies): Promise<void> {
  const { output } = dependencies;
  const { url, source, replicas } = await findSystem(choice, dependencies);
  const states = await Promise.all(replicas.map(async (replica) => ({ ...replica, state: await probe(replica) })));
  const grouped = [...byService(states)].map(([name, all]) => ({ name, replicas: all as typeof states }));
  if (isJson) {
    const shown = grouped.map(({ name, replicas: all }) => ({
      name,
      replicas: all.map(({ name, state, pid, address, operators }) => ({ name, state, pid, address, operators })),
    }));
    return output.json({ source, url, services: shown });
  }
  const rows = grouped.flatMap(({ name: service, replicas: all }) =>
    all.map(({ name, state, pid, address, operators }): Cell[] => [
      service,
      name,
      stateCell(state),
      String(pid ?? '–'),
      address ?? '–',
      operators ?? '–',
    ]),
  );
  output.table(columns, rows);
}

function stateCell(state: ReplicaState): Cell {
  if (state === 'ready') return { text: state, look: 'green' };
  return { text: state, look: state === 'draining' || state === 'starting' ? 'yellow' : 'red' };
}
