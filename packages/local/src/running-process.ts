import type { ChildProcess, SpawnOptions } from 'node:child_process';

/** What to run. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A process that was started. */
export interface RunningProcess {
  readonly child: ChildProcess;
  /** Settles when the process and all that it started are gone: `exit code 1`, `killed by SIGKILL`. */
  readonly end: Promise<string>;
  readonly startedAt: number;
  hasEnded: boolean;
}

/** Node's `spawn`, or a test's. */
export type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

const outputGraceMs = 500;

/** Starts a process in a group of its own, so that a Ctrl-C in the terminal reaches only the launcher, which drains in order. */
export function startProcess({ command, args, cwd, env }: Command, spawn: Spawn): RunningProcess {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const running: RunningProcess = { child, end: endOf(child), startedAt: Date.now(), hasEnded: false };
  void running.end.then(() => {
    running.hasEnded = true;
  });
  return running;
}

/** Ends a process and all that it started, at once. */
export function killGroup(pid: number | undefined): void {
  if (!pid) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let end = 'did not start';
    child.once('error', (error) => resolve(`cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      end = signal ? `killed by ${signal}` : `exit code ${code}`;
      // Workers of a dead nginx would keep its port.
      killGroup(child.pid);
      setTimeout(() => resolve(end), outputGraceMs).unref();
    });
    child.once('close', () => resolve(end));
  });
}
