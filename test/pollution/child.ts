import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A process whose `Object.prototype` is polluted while it answers. It is started again after it has ended. */
export class Child {
  readonly #script: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;
  #failed: Promise<never> | undefined;

  constructor(script: 'calls' | 'serve', ...args: string[]) {
    this.#script = `test/pollution/${script}.ts`;
    this.#args = args;
  }

  /** What it answers to a message. Rejects where the process ends instead. */
  async ask<T>(message: object): Promise<T> {
    if (!this.#process) await this.#start();
    const answer = this.#message();
    this.#process?.send(message);
    return answer as Promise<T>;
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }

  async #start(): Promise<void> {
    const execArgv = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
    const child = fork(this.#script, this.#args, { execArgv, silent: true });
    this.#process = child;
    let log = '';
    child.stderr?.on('data', (chunk) => {
      log += chunk;
    });
    this.#failed = once(child, 'close').then(() => {
      if (this.#process === child) this.#process = undefined;
      throw new Error(`the process has ended: ${/^\w*Error.*/m.exec(log)?.[0] ?? log.slice(-300)}`);
    });
    this.#failed.catch(() => {});
    await this.#message();
  }

  async #message(): Promise<unknown> {
    const [answer] = await Promise.race([
      once(this.#process as ChildProcess, 'message'),
      this.#failed as Promise<never>,
    ]);
    return answer;
  }
}
