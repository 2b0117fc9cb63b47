import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

type Line = Record<string, unknown>;

/** A service in a process of its own. */
export interface ChildService {
  readonly process: ChildProcess;
  /** Waits for the log line with this message. */
  line(message: string): Promise<Line>;
  readonly lines: readonly Line[];
  /** Answers once it has ended. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

/** Starts the fixture service, or another program beside it, with these environment variables, on free ports unless they say otherwise. */
export function startChild(env: Record<string, string>, program = 'fixture-main.ts'): ChildService {
  const main = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@parley/source', main], {
    env: { HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: Line[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (text) => lines.push(JSON.parse(text)));
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, stderr }));
  const line = async (message: string): Promise<Line> => {
    for (;;) {
      const found = lines.find(({ msg }) => msg === message);
      if (found) return found;
      const isOver = await Promise.race([once(reader, 'line').then(() => false), ended.then(() => true)]);
      if (isOver && !lines.some(({ msg }) => msg === message)) throw new Error(`no line "${message}": ${stderr}`);
    }
  };
  return { process: child, line, lines, ended };
}
