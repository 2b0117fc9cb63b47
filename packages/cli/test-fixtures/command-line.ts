import { stripVTControlCharacters } from 'node:util';
import type { RunningSystem } from '@parley/local';
import type { CommandDependencies } from '../src/command.ts';
import { runParley } from '../src/program.ts';
import { Output } from '../src/terminal/output.ts';

/** What a command line did. */
export interface CommandLineResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What {@link parley} runs with; the rest finds nothing. Time passes in pauses only. */
export interface CommandLineOptions extends Partial<Omit<CommandDependencies, 'output' | 'launched'>> {
  readonly systems?: readonly RunningSystem[];
  /** Default: a pipe. */
  readonly isTerminal?: boolean;
}

/** Runs a command line in this process, as far as it does not touch the process itself. */
export async function parley(line: string, options: CommandLineOptions = {}): Promise<CommandLineResult> {
  const { systems = [], isTerminal = false, ...given } = options;
  let [stdout, stderr] = ['', ''];
  let nowMs = 1_700_000_000_000;
  const output = new Output({
    write: (text) => {
      stdout += typeof text === 'string' ? text : new TextDecoder().decode(text);
    },
    writeError: (text) => {
      stderr += text;
    },
    isTerminal,
    isColoured: isTerminal,
    size: () => ({ rows: 40, columns: 120 }),
  });
  const code = await runParley(
    line.split(' ').filter((word) => word !== ''),
    {
      output,
      env: {},
      cwd: '/repository',
      launched: async () => systems,
      runLocal: async () => 0,
      runProgram: async () => undefined,
      runDocker: async () => ({ isSuccess: false, stdout: '', stderr: '' }),
      replaceReplica: async () => {},
      serviceAt: async () => undefined,
      readFile: async (name) => {
        throw Object.assign(new Error(`no file ${name}`), { code: 'ENOENT' });
      },
      interrupted: () => new AbortController().signal,
      pause: async (ms) => {
        nowMs += ms;
      },
      now: () => nowMs,
      ...given,
    },
  );
  return { code, stdout: isTerminal ? stdout : stripVTControlCharacters(stdout), stderr };
}

/** The rows of a table that went to a pipe, without its titles. */
export function rowsOf({ stdout }: CommandLineResult): string[][] {
  return stdout
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
}
