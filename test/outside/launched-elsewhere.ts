import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from '../running-system.ts';

/** What the launcher runs in a folder outside this repository. */
export interface LaunchedElsewhere {
  readonly url: string;
  readonly gateway: string;
  /** Every line that it has printed so far. */
  readonly lines: readonly Record<string, unknown>[];
  /** Asks it to stop; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Runs a command that starts the launcher in a folder, on a free port, and waits until all is ready. */
export async function launchElsewhere(folder: string, command: string, ...args: string[]): Promise<LaunchedElsewhere> {
  const env = { ...process.env, PORT: String(await freePort()), NODE_OPTIONS: '' };
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Record<string, unknown>[] = [];
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (!text.startsWith('{')) return;
      lines.push(JSON.parse(text));
      if (lines.at(-1)?.msg === 'ready') resolve(lines.at(-1) ?? {});
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${JSON.stringify(lines.slice(-20))}`)));
  });
  return {
    url: String(ready.url),
    gateway: String(ready.gateway),
    lines,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      return child.exitCode;
    },
  };
}
