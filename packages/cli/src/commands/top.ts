import { CliError } from '../cli-error.ts';
import { type AddCommand, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { scrape } from '../metrics/scrape.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import type { System } from '../systems/system.ts';
import { openScreen } from '../terminal/screen.ts';
import { Board, type BoardService } from '../top/board.ts';
import { boardColumns, boardRows, boardTitle } from '../top/board-table.ts';

/** `parley top`: how services and replicas fare, each second. Needs no token: all of it is in `/metrics`. */
export const top: AddCommand = (program, dependencies) => {
  systemCommand(program, 'top', 'Shows each second how services and replicas fare, until Ctrl-C')
    .option('--once', 'one table, of one second', false)
    .addHelpText(
      'after',
      examples(
        ['parley top', 'a live table of what runs in this folder'],
        ['parley top --once', 'one table, of the next second'],
        ['parley top --json', 'the same as one JSON document'],
      ) +
        '\n\nRequests and errors (500 and above) are those of the last second, percentiles those of the last 10 s, from the' +
        '\nbuckets of /metrics.',
    )
    .action(({ json, once, ...choice }) =>
      json || once ? showOnce(json, choice, dependencies) : showLive(choice, dependencies),
    );
};

const intervalMs = 1_000;

async function showOnce(isJson: boolean, choice: SystemChoice, dependencies: CommandDependencies): Promise<void> {
  const { output, pause, now } = dependencies;
  const board = new Board();
  const signal = new AbortController().signal;
  const system = await findSystem(choice, dependencies);
  await look(board, system, dependencies, signal);
  await pause(intervalMs, signal);
  const services = await look(board, await again(system, choice, dependencies), dependencies, signal);
  if (isJson) output.json({ at: new Date(now()).toISOString(), url: system.url, services });
  else output.table(boardColumns, boardRows(services));
}

async function showLive(choice: SystemChoice, dependencies: CommandDependencies): Promise<void> {
  const { output, pause, now, interrupted } = dependencies;
  const board = new Board();
  let system = await findSystem(choice, dependencies);
  const signal = interrupted();
  const screen = openScreen(output);
  try {
    while (!signal.aborted) {
      const startedAtMs = now();
      const services = await look(board, system, dependencies, signal);
      if (signal.aborted) return;
      const title = `${boardTitle(services, system.url)}  ${output.paint('dim', 'Ctrl-C ends')}`;
      screen.draw(`${title}\n\n${output.tableText(boardColumns, boardRows(services))}`);
      await pause(Math.max(0, intervalMs - (now() - startedAtMs)), signal);
      system = await again(system, choice, dependencies);
    }
  } finally {
    screen.close();
  }
}

async function look(
  board: Board,
  { replicas }: System,
  { now }: CommandDependencies,
  signal: AbortSignal,
): Promise<readonly BoardService[]> {
  const answers = await Promise.all(
    replicas.map(async (replica) => {
      const { operators, isDead } = replica;
      const isSilent = operators === undefined || isDead;
      return { replica, scraped: isSilent ? ('refused' as const) : await scrape(operators, now, signal) };
    }),
  );
  return board.look(answers, now());
}

/** What a launcher runs now: a replica that was killed has another process. A system that has stopped stays, as it was. */
async function again(system: System, choice: SystemChoice, dependencies: CommandDependencies): Promise<System> {
  // Asking Docker takes longer than a second.
  if (system.source !== 'launcher') return system;
  try {
    return await findSystem(choice, dependencies);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { ...system, replicas: system.replicas.map((replica) => ({ ...replica, pid: undefined, isDead: true })) };
  }
}
