import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import type { Log } from '../log/log.ts';
import { delay } from '../time/delay.ts';
import { recordGuard } from './run-folder.ts';

/** The process beside a launcher that ends what the launcher started, should the launcher be killed. */
export interface Guard {
  /** Ends the guard. Remove the run's folder first: then the guard has no work left. */
  close(): Promise<void>;
  /** Ends the guard at once. */
  kill(): void;
}

const againAfterMs = 1_000;
const closeTimeoutMs = 2_000;
const program = join(import.meta.dirname, `guard-main${extname(import.meta.filename)}`);

/**
 * Starts the guard of a run, in a session of its own: a signal to the terminal or to the launcher's group misses it.
 * A guard that dies is started again.
 */
export function startGuard(folder: string, variables: NodeJS.ProcessEnv, log: Log): Guard {
  const closing = new AbortController();
  let child = start();

  function start(): ChildProcess {
    const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, folder], {
      // A debugger's port is for the program that was asked to be debugged.
      env: { ...variables, NODE_OPTIONS: '' },
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    if (started.pid) recordGuard(folder, started.pid);
    started.on('error', () => {});
    started.stdin?.on('error', () => {});
    started.once('exit', (code, signal) => void startAgain(signal ? `killed by ${signal}` : `exit code ${code}`));
    started.unref();
    return started;
  }

  async function startAgain(why: string): Promise<void> {
    if (closing.signal.aborted) return;
    log.event('warn', `the guard of npm start ended (${why}): started again`);
    await delay(againAfterMs, closing.signal);
    if (!closing.signal.aborted) child = start();
  }

  return {
    async close() {
      closing.abort();
      if (child.exitCode !== null || child.signalCode !== null || !child.pid) return;
      const exit = once(child, 'exit');
      child.ref();
      child.stdin?.end();
      const timer = new AbortController();
      await Promise.race([exit, delay(closeTimeoutMs, timer.signal)]);
      timer.abort();
      child.kill('SIGKILL');
    },
    kill() {
      closing.abort();
      child.kill('SIGKILL');
    },
  };
}
