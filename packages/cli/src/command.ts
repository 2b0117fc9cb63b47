import type { ReadFile } from './openapi/given-input.ts';
import type { OperatorTokens } from './operators/operator.ts';
import { collected, type Program, whole } from './parser.ts';
import type { ProgramEnd } from './rollout/composed-rollout.ts';
import type { FindDependencies } from './systems/find-system.ts';
import type { Output } from './terminal/output.ts';

/** What a command has of its surroundings. Tests give their own. */
export interface CommandDependencies extends FindDependencies {
  readonly output: Output;
  /** Tokens are read from here only: an argument would be in the list of processes. */
  readonly env: OperatorTokens & { readonly PARLEY_TOKEN?: string | undefined };
  readonly readFile: ReadFile;
  /** Takes over Ctrl-C and SIGTERM: they abort the signal, and no longer end the process. */
  readonly interrupted: () => AbortSignal;
  /** Waits, at most until the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds since 1970 that never jump. */
  readonly now: () => number;
  /** Runs `docker`, for as long as it takes. */
  readonly runDocker: (args: readonly string[], cwd: string) => Promise<ProgramEnd>;
  /** Has a launcher replace one replica; rejects with a sentence where it does not. */
  readonly replaceReplica: (launcherPid: number, replica: string) => Promise<void>;
  /** Runs `start`, `init` and `add` of the launcher; resolves with the exit code. */
  readonly runLocal: (args: readonly string[]) => Promise<number>;
}

/** Adds one command to the command line. One file for each, and a line in `command-table.ts`. */
export type AddCommand = (program: Program, dependencies: CommandDependencies) => void;

/** Examples at the end of a command's help: each a command line and what it does. */
export function examples(...rows: readonly (readonly [commandLine: string, does: string])[]): string {
  const width = Math.max(...rows.map(([commandLine]) => commandLine.length));
  return `\nExamples:\n${rows.map(([commandLine, does]) => `  ${commandLine.padEnd(width)}  ${does}`).join('\n')}`;
}

/** At the end of the help of commands that act. */
export const actingNote =
  '\n\nActing needs ADMIN_ACT_TOKEN in the environment, with the value that the services were started with.';

/** Adds a command that writes one document with `--json`. */
export function command(program: Program, name: string, summary: string) {
  return program.command(name).description(summary).option('--json', 'one JSON document instead of tables', false);
}

/** Adds a command about what runs, with the options that choose a system. */
export function systemCommand(program: Program, name: string, summary: string) {
  return command(program, name, summary)
    .option('--admin <url>', 'an operators’ port to ask instead of what runs in this folder (repeatable)', collected)
    .option('--port <port>', 'port of the gateway, where several systems run in this folder', whole(1, 65_535));
}
