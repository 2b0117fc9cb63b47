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
  /** The signal that ended it, if one did. */
  readonly endSignal: NodeJS.Signals | undefined;
  /** By `performance.now()`: the wall clock may jump. */
  readonly startedAtMs: number;
  readonly hasEnded: boolean;
}

/** Node's `spawn`, or a test's. */
export type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

const outputGraceMs = 500;

// Waits for a line before it becomes the command: a launcher that is killed before it has recorded the process starts nothing.
const gate = 'read -r go && exec "$@" </dev/null';

/**
 * Starts a process in a group of its own, so that a Ctrl-C in the terminal reaches only the launcher, which drains in order.
 * `record` learns the pid before the command runs. Where it throws, the command never runs, and `end` has its message.
 */
export function startProcess(program: Command, spawn: Spawn, record?: (pid: number) => void): RunningProcess {
  const { command, args, cwd, env } = program;
  const stdio: SpawnOptions['stdio'] = ['pipe', 'pipe', 'pipe'];
  const child = spawn('/bin/sh', ['-c', gate, 'sh', command, ...args], { cwd, env, detached: true, stdio });
  const startedAtMs = performance.now();
  const running = { child, end: endOf(child), startedAtMs, hasEnded: false, endSignal: signalOf(child) };
  child.once('exit', (_, signal) => {
    running.endSignal = signal ?? undefined;
  });
  void running.end.then(() => {
    running.hasEnded = true;
  });
  // It may have been killed by now.
  child.stdin?.on('error', () => {});
  try {
    if (child.pid) record?.(child.pid);
    child.stdin?.end('go\n');
  } catch (error) {
    child.emit('error', error);
    killGroup(child.pid);
  }
  return running;
}

/** Ends a process and all that it started, at once. */
export function killGroup(pid: number | undefined): void {
  signalGroup(pid, 'SIGKILL');
}

/** Sends a signal to a process and all that it started. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (!pid) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}

function signalOf({ signalCode }: ChildProcess): NodeJS.Signals | undefined {
  return signalCode ?? undefined;
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
