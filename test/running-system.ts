import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';
import { root } from './source-files.ts';

/** One replica as `npm start` tells of it. */
export interface Replica {
  readonly service: string;
  readonly replica: string;
  readonly address: string;
  /** Address of its operators' port. */
  readonly operators: string;
  readonly pid: number;
}

/** Everything that `npm start` runs. */
export interface RunningSystem {
  readonly url: string;
  /** Which gateway runs, with its version. */
  readonly gateway: string;
  readonly gatewayPid: number | undefined;
  readonly replicas: readonly Replica[];
  readonly launcher: ChildProcess;
  /** What it has printed so far, line by line. */
  readonly lines: readonly Record<string, unknown>[];
  /** Asks it to stop; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Runs what `npm start` runs, on a free port and with a data folder of its own. */
export function startSystem(...args: string[]): Promise<RunningSystem> {
  return startSystemIn(root, ...args);
}

/** The same for the repository in a folder. */
export async function startSystemIn(folder: string, ...args: string[]): Promise<RunningSystem> {
  const data = await mkdtemp(join(tmpdir(), 'parley-data-'));
  const port = await freePort();
  const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  const launcher = spawn(process.execPath, [...flags, 'packages/local/src/main.ts', ...args], {
    cwd: folder,
    env: { ...process.env, PORT: String(port), DATA_DIR: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  const { url, gateway, gatewayPid, replicas } = await ready(launcher, lines);
  const stop = async () => {
    launcher.kill('SIGTERM');
    if (launcher.exitCode === null && launcher.signalCode === null) await once(launcher, 'exit');
    await rm(data, { recursive: true, force: true });
    return launcher.exitCode;
  };
  return { url, gateway, gatewayPid, replicas, launcher, lines, stop };
}

type Ready = Pick<RunningSystem, 'url' | 'gateway' | 'gatewayPid' | 'replicas'>;

function ready(launcher: ChildProcess, lines: Record<string, unknown>[]): Promise<Ready> {
  return new Promise((resolve, reject) => {
    if (!launcher.stdout) throw new Error('the launcher has no output');
    createInterface({ input: launcher.stdout }).on('line', (text) => {
      const line = JSON.parse(text);
      lines.push(line);
      if (line.service === 'local' && line.msg === 'ready') resolve(line);
    });
    launcher.once('exit', (code) =>
      reject(new Error(`the launcher ended with ${code}: ${JSON.stringify(lines.slice(-5))}`)),
    );
  });
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
