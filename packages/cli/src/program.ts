import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from './cli-error.ts';
import { type CommandDependencies, examples } from './command.ts';
import { commandTable } from './command-table.ts';
import { launcherCommands } from './commands/launcher.ts';
import { type ExitCodeName, exitCodeMeanings, exitCodes } from './exit-codes.ts';
import { createProgram, ParsingEnd, type Program } from './parser.ts';
import type { Output } from './terminal/output.ts';
import { oneLine } from './text/one-line.ts';

/** The whole command line: its commands, their options and help. */
export function createParley(dependencies: CommandDependencies): Program {
  const { output } = dependencies;
  const program = createProgram()
    .name('parley')
    .description('Runs, calls and operates services of Parley.')
    .version(versionOf(), '-v, --version', 'the version')
    .helpOption('-h, --help', 'this text')
    .helpCommand('help [command]', 'the help of a command')
    .exitOverride()
    .showHelpAfterError('See "parley --help", or the help of the command.')
    .configureOutput({
      writeOut: (text) => output.raw(text),
      writeErr: (text) => output.remark(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'parley: ')),
    });
  for (const add of commandTable) add(program, dependencies);
  return program.addHelpText('after', `${programExamples}\n\n${exitCodesText}`);
}

const programExamples = examples(
  ['parley start', 'everything in docker-compose.yml, without Docker, on http://localhost:8080'],
  ['parley services', 'what runs'],
  ['parley call hello sayHello name=Alice --explain', 'one call, and where its time went'],
  ['parley top', 'how all of it fares, each second'],
);

const exitCodesText = [
  'Exit codes:',
  ...Object.entries(exitCodeMeanings).map(([name, when]) => `  ${exitCodes[name as ExitCodeName]}  ${when}`),
].join('\n');

/**
 * Runs one command line.
 *
 * @param args after `parley`
 * @returns the exit code
 */
export async function runParley(args: readonly string[], dependencies: CommandDependencies): Promise<number> {
  const { output, runLocal } = dependencies;
  const [first = '', ...rest] = args;
  if (first === 'help' && launcherCommands.has(rest[0] ?? '')) return runLocal(launcherHelp(rest[0]));
  if (launcherCommands.has(first)) {
    const isHelp = rest.some((word) => word === '--help' || word === '-h');
    if (isHelp) return runLocal(launcherHelp(first));
    const code = await runLocal(first === 'start' ? rest : args);
    if (first !== 'add' || code !== exitCodes.ok || !existsSync(join(dependencies.cwd, 'gateway/policy.yaml')))
      return code;
    // What was added has routes that the gateway does not have yet.
    return runParley(['gateway'], dependencies);
  }
  try {
    const program = createParley(dependencies);
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return reported(error, args.includes('--json'), output);
  }
}

/** `start` is what the launcher does without a word. */
function launcherHelp(command: string | undefined): readonly string[] {
  return command === undefined || command === 'start' ? ['--help'] : [command, '--help'];
}

/** Tells of an error: a sentence on stderr, and with `--json` a document too. */
function reported(error: unknown, isJson: boolean, output: Output): number {
  if (error instanceof ParsingEnd) {
    // Help and version end the reading too. commander has written why already.
    if (error.exitCode === 0) return exitCodes.ok;
    if (isJson) output.json({ error: { exit: 'usage', message: error.message.replace(/^error: /, '') } });
    return exitCodes.usage;
  }
  if (!(error instanceof CliError)) throw error;
  const { exit, message, lines, data, isDocumented } = error;
  if (isJson && !isDocumented) output.json({ error: { exit, message, ...data } });
  // It may name what another process has: a line break in that would look like a line of ours.
  output.remark([`parley: ${oneLine(message)}`, ...lines].join('\n'));
  return exitCodes[exit];
}

function versionOf(): string {
  const manifest = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
