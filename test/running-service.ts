import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { root } from './source-files.ts';

/** A service of this repository as a process of its own. */
export interface RunningService {
  readonly url: string;
  readonly process: ChildProcess;
  /** Asks it to drain; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a service of this repository on ports that are free, and waits until it listens. */
export function startService(name: string, environment: Record<string, string> = {}): Promise<RunningService> {
  return startMain(`services/${name}/main.ts`, environment);
}

/** As {@link startService}, by the path of its program from the root. */
export async function startMain(path: string, environment: Record<string, string> = {}): Promise<RunningService> {
  const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, path], {
    cwd: root,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', DRAIN_DELAY_MS: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await portOf(child, path);
  const stop = async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  };
  return { url: `http://127.0.0.1:${port}`, process: child, stop };
}

/** The port that a service says it listens on. Rejects where it ends before. */
export async function portOf(child: ChildProcess, name: string): Promise<number> {
  const { stdout } = child;
  if (!stdout) throw new Error('the service has no output');
  try {
    for await (const line of createInterface({ input: stdout })) {
      const { msg, port } = JSON.parse(line);
      if (msg === 'listening') return port;
    }
  } finally {
    // After the reader has ended, which pauses it: a pipe that nobody empties would stop the service at its next line.
    stdout.resume();
  }
  throw new Error(`${name} ended before it listened`);
}
