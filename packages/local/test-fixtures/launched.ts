import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The file that `npm start` runs. */
export const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** How Node is told to run it. */
export const nodeArgs = ['--conditions=@parley/source', main];

/** One JSON line of the launcher. */
export interface Line {
  readonly msg: string;
  readonly service: string;
  readonly level: string;
  readonly gateway?: string;
  readonly gatewayPid?: number;
  readonly replica?: string;
  readonly replicas?: readonly {
    readonly replica: string;
    readonly address: string;
    readonly operators: string;
    readonly pid: number;
  }[];
}

/** What {@link launch} runs. */
export interface LaunchOptions {
  readonly root: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** @default Node, with the launcher's main file */
  readonly command?: readonly [string, ...string[]];
}

/** Starts a launcher in a folder and listens to what it says. */
export function launch({ root, args = [], env = {}, command = [process.execPath, ...nodeArgs] }: LaunchOptions) {
  const [file, ...fileArgs] = command;
  const child = spawn(file, [...fileArgs, ...args], { cwd: root, env: { ...process.env, ...env }, detached: true });
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let stderr = '';
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (!text.startsWith('{')) return;
    lines.push(JSON.parse(text));
    for (const check of waiting) check();
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const end = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stderr }));
  });
  /** Waits for a line that fits, from now on or long ago. */
  function until(fits: (line: Line) => boolean): Promise<Line> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const line = lines.find(fits);
        if (!line) return;
        waiting.delete(check);
        resolve(line);
      };
      waiting.add(check);
      check();
      void end.then(() => reject(new Error(`ended without saying it: ${stderr}`)));
    });
  }
  return {
    pid: child.pid ?? 0,
    lines,
    end,
    until,
    ready: () => until(({ service, msg }) => service === 'local' && msg === 'ready'),
    signal: (name: NodeJS.Signals) => child.kill(name),
    /** Stops it whatever state a test left it in. */
    async close() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => killAll(child.pid ?? 0, lines), 5_000);
      await end;
      clearTimeout(timer);
    },
  };
}

/** Whether a process with this id is running. One that has ended and waits for its parent to notice is not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !readFileSync(stat, 'utf8').includes(') Z ');
}

function killAll(pid: number, lines: readonly Line[]): void {
  const { replicas = [], gatewayPid } = lines.find(({ msg }) => msg === 'ready') ?? {};
  for (const group of [pid, gatewayPid, ...replicas.map((replica) => replica.pid)]) {
    if (group && isAlive(group)) process.kill(-group, 'SIGKILL');
  }
}
