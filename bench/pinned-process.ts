import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Whether a process can be kept on one core. */
export const canPin = spawnSync('taskset', ['--version']).status === 0;

/** What a process has around it. */
export interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  /** Its standard output goes to `/dev/null`. */
  readonly isSilent?: boolean;
}

/** A script in a process of its own, kept on one core where that is possible. Without a core it runs on all. */
export class PinnedProcess {
  readonly #process: ChildProcess;

  constructor(
    script: URL,
    args: readonly string[],
    core: number | undefined,
    { env = {}, isSilent = false }: Surroundings = {},
  ) {
    const node = [
      process.execPath,
      '--conditions=@parley/source',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(script),
      ...args,
    ];
    const [command = '', ...rest] = canPin && core !== undefined ? ['taskset', '-c', String(core), ...node] : node;
    this.#process = spawn(command, rest, {
      stdio: ['ignore', isSilent ? 'ignore' : 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production', ...env },
    });
  }

  /** Its process id. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The next message. @throws Error where the process ends first */
  async receive(): Promise<unknown> {
    const ended = new AbortController();
    const died = once(this.#process, 'exit', ended).then(([code]) => {
      throw new Error(`a process of the benchmark ended with ${code}`);
    });
    died.catch(() => {});
    try {
      const [message] = await Promise.race([once(this.#process, 'message', ended), died]);
      return message;
    } finally {
      ended.abort();
    }
  }

  /** Sends a message and gives the answer. */
  async ask(message: object | string): Promise<unknown> {
    const answer = this.receive();
    this.#process.send(message);
    return answer;
  }

  /** Ends it. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.disconnect();
    await exit;
  }
}
