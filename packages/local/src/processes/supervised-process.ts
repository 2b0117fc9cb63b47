import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { messageOf } from '@parley/contract';
import { LocalError } from '../local-error.ts';
import { createBackoff } from '../time/backoff.ts';
import { delay } from '../time/delay.ts';
import { LastWords } from './last-words.ts';
import { onLines } from './output-lines.ts';
import type { ProcessObserver, ProcessState, Program } from './program.ts';
import { killGroup, type RunningProcess, type Spawn, signalGroup, startProcess } from './running-process.ts';

const probeEveryMs = 50;
// Of the others a crash is the cause: SIGABRT, SIGSEGV.
const outside: ReadonlySet<NodeJS.Signals> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']);

/**
 * Keeps one process running: started, awaited until ready, started again with a growing wait when it dies, drained.
 * Scope: one per replica, and one for nginx.
 */
export class SupervisedProcess {
  state: ProcessState = 'stopped';
  readonly #program: Program;
  readonly #observer: ProcessObserver;
  readonly #spawn: Spawn;
  readonly #lastWords = new LastWords();
  readonly #stopping = new AbortController();
  readonly #drains = new WeakMap<RunningProcess, Promise<void>>();
  #running: RunningProcess | undefined;
  /** The process that was ended because it gave no answer. */
  #hung: RunningProcess | undefined;
  /** Waits for the process after this one, which is being replaced. */
  #replacement: PromiseWithResolvers<void> | undefined;
  /** When the process last answered, by `performance.now()`. Undefined before it is ready. */
  #answeredAtMs: number | undefined;

  constructor(program: Program, observer: ProcessObserver, start: Spawn = spawn) {
    this.#program = program;
    this.#observer = observer;
    this.#spawn = start;
  }

  /** Process id, while there is a process. */
  get pid(): number | undefined {
    return this.#running?.hasEnded ? undefined : this.#running?.child.pid;
  }

  /** Starts it and waits until it is ready. Rejects if it isn't in time, or ends before; from then on it is kept running. */
  async start(): Promise<void> {
    this.#enter('starting');
    const running = this.#launch();
    await this.#untilReady(running);
    void this.#keepRunning(running);
  }

  /**
   * Drains the process, and starts another one in its place. Resolves when that is ready.
   *
   * @throws LocalError where there is no ready process to replace; where the new one ends before it is ready, or is not ready in time,
   *   and then it is started again as after a crash
   */
  async replace(): Promise<void> {
    const running = this.#running;
    if (this.state !== 'ready' || !running) {
      throw new LocalError(`${this.#program.name} is ${this.state}: expected it to be ready, wait until it is`);
    }
    const replacement = Promise.withResolvers<void>();
    this.#replacement = replacement;
    await Promise.all([replacement.promise, this.#drain(running)]);
  }

  /** Drains it; kills it if that takes too long. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return void (await this.#running?.end);
    this.#stopping.abort();
    this.#replacement?.reject(new LocalError(`${this.#program.name} was stopped before it was replaced`));
    const running = this.#running;
    if (running && !running.hasEnded) await this.#drain(running);
    this.#enter('stopped');
  }

  /** Whether a ready process answers in time. */
  async isAlive(): Promise<boolean> {
    const running = this.#running;
    const isAlive = (await this.#program.isAlive?.()) ?? true;
    if (isAlive && running === this.#running) this.#answeredAtMs = performance.now();
    return isAlive;
  }

  /** Kills a process that does not answer, and all that it started. It restarts as after a crash. */
  endHung(failures: number): void {
    if (this.state !== 'ready' || !this.#running) return;
    this.#hung = this.#running;
    const { name } = this.#program;
    this.#observer.onTrouble(`${name} hangs: no answer to ${failures} probes in a row: killed, to be started again`);
    killGroup(this.pid);
  }

  /** Ends it and all that it started, at once. */
  kill(): void {
    this.#stopping.abort();
    killGroup(this.pid);
  }

  /** Once: a second signal would cut its requests off. */
  #drain(running: RunningProcess): Promise<void> {
    const drained = this.#drains.get(running) ?? this.#drainOnce(running);
    this.#drains.set(running, drained);
    return drained;
  }

  async #drainOnce(running: RunningProcess): Promise<void> {
    const { name, drainSignal, drainTimeoutMs } = this.#program;
    this.#enter('stopping');
    this.#program.record?.draining();
    running.child.kill(drainSignal);
    // A stopped process gets no signal before it continues.
    signalGroup(running.child.pid, 'SIGCONT');
    const timer = new AbortController();
    const isLate = await Promise.race([
      running.end.then(() => false),
      delay(drainTimeoutMs, timer.signal).then(() => true),
    ]);
    timer.abort();
    if (!isLate) return;
    this.#observer.onTrouble(`${name} did not end within ${drainTimeoutMs} ms of ${drainSignal}: killed`);
    killGroup(running.child.pid);
    await running.end;
  }

  async #keepRunning(first: RunningProcess): Promise<void> {
    const backoff = createBackoff(this.#program.backoff);
    const { signal } = this.#stopping;
    for (let running = first; ; ) {
      const end = await running.end;
      if (signal.aborted) return;
      const isPlanned = this.#replacement !== undefined;
      const waitMs = isPlanned || this.#isKilledFromOutside(running) ? 0 : backoff(this.#livedMs(running));
      this.#enter('restarting', `${end}, again ${waitMs > 0 ? `in ${waitMs} ms` : 'at once'}`, isPlanned);
      await delay(waitMs, signal);
      if (signal.aborted) return;
      running = await this.#restart();
    }
  }

  /** Whether another process killed it while it was ready. Then the next start needs no backoff. */
  #isKilledFromOutside(running: RunningProcess): boolean {
    const { endSignal } = running;
    return (
      endSignal !== undefined && outside.has(endSignal) && this.#answeredAtMs !== undefined && running !== this.#hung
    );
  }

  /** How long it worked, in ms. */
  #livedMs(running: RunningProcess): number {
    const answeredAtMs = running === this.#hung ? this.#answeredAtMs : undefined;
    return (answeredAtMs ?? performance.now()) - running.startedAtMs;
  }

  async #restart(): Promise<RunningProcess> {
    this.#enter('starting');
    const running = this.#launch();
    try {
      await this.#untilReady(running);
      this.#replacement?.resolve();
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#observer.onTrouble(messageOf(error));
      this.#replacement?.reject(error);
      killGroup(running.child.pid);
    }
    this.#replacement = undefined;
    return running;
  }

  #launch(): RunningProcess {
    this.#lastWords.clear();
    this.#answeredAtMs = undefined;
    const running = startProcess(this.#program, this.#spawn, this.#program.record?.started);
    this.#listen(running.child.stdout, false);
    this.#listen(running.child.stderr, true);
    this.#running = running;
    return running;
  }

  async #untilReady(running: RunningProcess): Promise<void> {
    const { name, isReady, readyTimeoutMs } = this.#program;
    const deadlineMs = performance.now() + readyTimeoutMs;
    while (!(await isReady(running.child.pid)) || running.hasEnded) {
      if (this.#stopping.signal.aborted) throw new LocalError(`${name} was stopped before it was ready`);
      if (running.hasEnded) throw new LocalError(this.#sentence(`ended before it was ready (${await running.end})`));
      if (performance.now() >= deadlineMs)
        throw new LocalError(this.#sentence(`was not ready within ${readyTimeoutMs} ms`));
      await Promise.race([delay(probeEveryMs, this.#stopping.signal), running.end]);
    }
    this.#answeredAtMs = performance.now();
    this.#enter('ready');
  }

  #sentence(what: string): string {
    const words = String(this.#lastWords);
    return `${this.#program.name} ${what}${words ? `: ${words}` : ', without output'}`;
  }

  #listen(output: Readable | null, isError: boolean): void {
    if (!output) return;
    const { visibleLine = (line) => line } = this.#program;
    onLines(output, (line) => {
      const visible = visibleLine(line);
      if (visible === undefined) return;
      this.#lastWords.hear(visible, isError);
      this.#observer.onLine(visible, isError);
    });
  }

  #enter(state: ProcessState, why?: string, isPlanned = false): void {
    if (this.#stopping.signal.aborted && state !== 'stopping' && state !== 'stopped') return;
    this.state = state;
    this.#observer.onState(state, this.pid, why, isPlanned);
  }
}
