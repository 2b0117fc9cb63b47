import { type CommandLine, help, type Program, parseCommandLine } from './command-line.ts';
import { Launcher } from './launcher.ts';
import { LocalError } from './local-error.ts';
import type { Log } from './log/log.ts';
import { createLogLines } from './log/log-lines.ts';
import { invitation, table } from './log/table.ts';
import { onStopSignals } from './processes/stop-signals.ts';
import { runScaffold, scaffoldCommands, scaffoldHelp } from './scaffold/command.ts';

/**
 * Runs the launcher's command line in this process: starts what the folder has and resolves when that has stopped, or
 * writes files (`init`, `add`). Mistakes of its user are one sentence on stderr.
 *
 * @param args `--scale hello=4`, or `add service prices`
 * @returns the exit code
 */
export async function runLocal(args: readonly string[], program: Program = 'npm start'): Promise<number> {
  const { stdout } = process;
  try {
    const [first = ''] = args;
    const isScaffold = scaffoldCommands.has(first);
    const commandLine = parseCommandLine(isScaffold ? [] : args, process.env);
    if (isScaffold && args.some((word) => word === '--help' || word === '-h')) {
      stdout.write(scaffoldHelp(first, program === 'parley' ? 'parley' : 'parley-local'));
    } else if (isScaffold) stdout.write(`${await runScaffold(args, process.cwd(), program === 'parley')}\n`);
    else if (commandLine.isHelp) stdout.write(help(program));
    else await launch(commandLine);
    return 0;
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}

async function launch(commandLine: CommandLine): Promise<void> {
  const { stdout } = process;
  const isReadable = stdout.isTTY ?? false;
  const log = createLogLines({
    write: (text) => void stdout.write(text),
    isReadable,
    isColoured: isReadable && stdout.hasColors() && !process.env.NO_COLOR,
  });
  const launcher = new Launcher({ ...commandLine, root: process.cwd(), variables: process.env, log });
  // For every end but SIGKILL, after which the guard does it.
  process.on('exit', () => launcher.kill());
  const stop = onStopSignals((why) => log.event('info', `${why}: draining`));
  try {
    const starting = launcher.start();
    await Promise.race([starting, stop.first]);
    if (!stop.isAsked) announce(launcher, isReadable, log);
    await stop.first;
  } finally {
    await launcher.close();
    stop.close();
  }
  log.event('info', 'stopped');
}

function announce(
  { url, gateway, replicas, operations, docs, allDocs }: Launcher,
  isReadable: boolean,
  log: Log,
): void {
  if (!isReadable) {
    log.event('info', 'ready', { gateway: gateway?.name, gatewayPid: gateway?.pid, url, replicas, docs, allDocs });
    return;
  }
  const front = { service: 'gateway', replica: gateway?.name ?? '', state: 'ready', address: url, operators: '' };
  const rows = [...replicas, front];
  process.stdout.write(`\n${table(rows)}\n\n${invitation(url, operations, docs, allDocs)}\n\n`);
}
