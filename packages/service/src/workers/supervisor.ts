import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { CrashCounts, shortLifeMs } from './crash-counts.ts';
import type { Supervision } from './supervision.ts';
import type { WorkerEnd, WorkerProcess } from './worker-process.ts';

/** What a supervisor works with. */
export interface SupervisorOptions extends Pick<Supervision, 'workers' | 'drainDelayMs' | 'drainTimeoutMs'> {
  /** Starts a worker. */
  readonly start: () => WorkerProcess;
  /** All workers accept requests, for the first time. */
  readonly onAllReady: () => void;
  /** A worker has ended. */
  readonly onEnd: (worker: WorkerProcess) => void;
  /** The workers end too often: the service cannot go on. */
  readonly onGiveUp: () => void;
  readonly logger: Logger;
}

/** This many crashes in a row in one place end the service. */
const mostCrashes = 5;
/** The first wait before a worker is started again, in ms. It doubles with each crash. */
const backoffMs = 100;
/** Time to close what a worker used, in ms, after its requests have ended. */
const closeTimeoutMs = 10_000;

/**
 * Keeps the workers of a service running: starts them, starts one again that has ended, restarts them one by one, drains them.
 *
 * Scope: service.
 */
export class Supervisor {
  /** How often a worker was started again after it had ended by itself. */
  restarts = 0;
  readonly #options: SupervisorOptions;
  /** One for each place; in a place only the latest worker counts. */
  readonly #current: WorkerProcess[] = [];
  readonly #all = new Set<WorkerProcess>();
  readonly #stopping = new AbortController();
  readonly #crashes = new CrashCounts();
  #restarting: Promise<void> = Promise.resolve();
  /** The one that waits for it. */
  #nextRestart: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #wereAllReady = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** The workers that accept requests, the oldest first. */
  get workers(): readonly WorkerProcess[] {
    return [...this.#all].filter(({ isReady }) => isReady);
  }

  /**
   * Starts one worker, and once that accepts requests all others at once. So a wrong setting is one sentence, and not one for each worker.
   *
   * @returns whether the service goes on; false where the first worker ended before it was ready, or the service was stopped.
   *   A later one that ends is started again
   */
  start(): Promise<boolean> {
    const started = this.#start();
    this.#restarting = started.then(() => {});
    return started;
  }

  async #start(): Promise<boolean> {
    const first = this.#launch();
    this.#current[0] = first;
    const isReady = await first.ready;
    if (this.#stopping.signal.aborted) return false;
    if (!isReady) {
      const { how } = await first.ended;
      const words = 'the first worker ended before it was ready: the service stops';
      this.#options.logger.fatal({ how }, `${words}. See what the worker wrote last`);
      return false;
    }
    this.#keep(0, first);
    const others = Array.from({ length: this.#options.workers - 1 }, (_, index) => {
      const worker = this.#launch();
      this.#current[index + 1] = worker;
      this.#keep(index + 1, worker);
      return worker.ready;
    });
    await Promise.all(others);
    return true;
  }

  /**
   * Restarts the workers one by one: each new one accepts requests before the old one drains. A call during a restart waits for it, and
   * restarts them once more; further ones join that.
   */
  restart(): Promise<void> {
    this.#nextRestart ??= this.#restarting.then(() => {
      this.#nextRestart = undefined;
      return this.#restart();
    });
    this.#restarting = this.#nextRestart;
    return this.#restarting;
  }

  /** Drains all workers, and answers once they have ended. */
  stop(): Promise<void> {
    this.#stopping.abort();
    this.#stopped ??= Promise.all([...this.#all].map((worker) => worker.stop(this.#stopLimitMs))).then(() => {});
    return this.#stopped;
  }

  /** Ends all workers at once. */
  kill(): void {
    this.#stopping.abort();
    for (const worker of this.#all) worker.kill();
  }

  get #stopLimitMs(): number {
    const { drainDelayMs, drainTimeoutMs } = this.#options;
    return drainDelayMs + drainTimeoutMs + closeTimeoutMs;
  }

  #launch(): WorkerProcess {
    const worker = this.#options.start();
    this.#all.add(worker);
    void worker.ready.then(() => this.#noteReady());
    void worker.ended.then(() => {
      this.#all.delete(worker);
      this.#options.onEnd(worker);
    });
    return worker;
  }

  #noteReady(): void {
    if (this.#wereAllReady || this.workers.length < this.#options.workers) return;
    this.#wereAllReady = true;
    this.#options.onAllReady();
  }

  async #restart(): Promise<void> {
    const { logger } = this.#options;
    logger.info({ workers: this.#current.length }, 'restarting the workers one by one');
    for (const [place, before] of this.#current.entries()) {
      if (this.#stopping.signal.aborted) return;
      const worker = this.#launch();
      const isReady = await worker.ready;
      // `stop` drains them all, the new one too.
      if (this.#stopping.signal.aborted) return;
      if (!isReady) {
        const { how } = await worker.ended;
        logger.error({ how }, 'a new worker ended before it was ready: the workers before it go on');
        return;
      }
      // It may have ended meanwhile, and have been started again.
      const old = this.#current[place] ?? before;
      this.#current[place] = worker;
      this.#keep(place, worker);
      await old.stop(this.#stopLimitMs);
    }
    logger.info('workers restarted');
  }

  #keep(place: number, worker: WorkerProcess): void {
    void worker.ended.then(async (end) => {
      if (this.#current[place] !== worker || this.#stopping.signal.aborted) return;
      await this.#startAgain(place, worker, end);
    });
  }

  async #startAgain(place: number, worker: WorkerProcess, end: WorkerEnd): Promise<void> {
    const { logger, onGiveUp } = this.#options;
    const { how } = end;
    const crashes = this.#crashes.note(place, end);
    if (crashes >= mostCrashes) {
      const words = `${mostCrashes} times in a row a worker ended within ${shortLifeMs / 1000} s of its start or before it was ready`;
      logger.fatal({ how }, `${words}: the service stops. See what the workers wrote last`);
      return onGiveUp();
    }
    const waitMs = crashes === 0 ? 0 : backoffMs * 2 ** (crashes - 1);
    logger.warn({ worker: worker.pid, how, waitMs }, 'a worker ended: it is started again');
    const { signal } = this.#stopping;
    await wait(waitMs, undefined, { signal }).catch(() => {});
    if (signal.aborted || this.#current[place] !== worker) return;
    this.restarts++;
    const next = this.#launch();
    this.#current[place] = next;
    this.#keep(place, next);
  }
}
