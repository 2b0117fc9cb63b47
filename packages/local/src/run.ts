import { help, parseCommandLine } from './command-line.ts';
import { Launcher } from './launcher.ts';
import { LocalError } from './local-error.ts';
import { createLogLines } from './log/log-lines.ts';
import { invitation, table } from './log/table.ts';
import { onStopSignals } from './processes/stop-signals.ts';
import { runScaffold, scaffoldCommands } from './scaffold/command.ts';

const { stdout } = process;
const isReadable = stdout.isTTY ?? false;
const log = createLogLines({
  write: (text) => void stdout.write(text),
  isReadable,
  isColoured: isReadable && stdout.hasColors() && !process.env.NO_COLOR,
});

try {
  const args = process.argv.slice(2);
  const isScaffold = scaffoldCommands.has(args[0] ?? '');
  const commandLine = parseCommandLine(isScaffold ? [] : args, process.env);
  if (isScaffold) stdout.write(`${await runScaffold(args, process.cwd())}\n`);
  else if (commandLine.isHelp) stdout.write(help);
  else await launch(new Launcher({ ...commandLine, root: process.cwd(), variables: process.env, log }));
} catch (error) {
  if (!(error instanceof LocalError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

async function launch(launcher: Launcher): Promise<void> {
  // For every end but SIGKILL, after which the guard does it.
  process.on('exit', () => launcher.kill());
  const stop = onStopSignals((why) => log.event('info', `${why}: draining`));
  try {
    const starting = launcher.start();
    await Promise.race([starting, stop.first]);
    if (!stop.isAsked) announce(launcher);
    await stop.first;
  } finally {
    await launcher.close();
    stop.close();
  }
  log.event('info', 'stopped');
}

function announce({ url, gateway, replicas, operations, docs }: Launcher): void {
  if (!isReadable) {
    log.event('info', 'ready', { gateway: gateway?.name, gatewayPid: gateway?.pid, url, replicas, docs });
    return;
  }
  const front = { service: 'gateway', replica: gateway?.name ?? '', state: 'ready', address: url, operators: '' };
  const rows = [...replicas, front];
  stdout.write(`\n${table(rows)}\n\n${invitation(url, operations, docs)}\n\n`);
}
