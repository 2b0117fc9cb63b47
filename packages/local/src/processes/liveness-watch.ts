import { delay } from '../time/delay.ts';
import type { ProcessState } from './program.ts';

/** A process that is watched. */
export interface WatchedProcess {
  /** Only a process that is `ready` is probed. */
  readonly state: ProcessState;
  /** Whether it answers in time. */
  isAlive(): Promise<boolean>;
  /** Ends it at once, to be started again; `failures` is the number of probes in a row without an answer. */
  endHung(failures: number): void;
}

/** How processes are watched. */
export interface LivenessOptions {
  /** Time between two rounds of probes. @default 2_000 */
  readonly everyMs?: number;
  /** How long a probe waits for an answer. @default 2_000 */
  readonly timeoutMs?: number;
  /** Probes in a row without an answer after which a process is ended. @default 3 */
  readonly failures?: number;
  /** How long the watch waits for a process that it ended to be ready again, before it ends another. @default 30_000 */
  readonly recoveryMs?: number;
}

/** Defaults of {@link LivenessOptions}. */
export const livenessDefaults = { everyMs: 2_000, timeoutMs: 2_000, failures: 3, recoveryMs: 30_000 } as const;

/**
 * Probes processes, and ends those that hang, one at a time: another one only if it still gives no answer when the last
 * is ready again. On a machine that is slow all look hung, and all of them at once would be an outage.
 * Scope: one per launcher.
 */
export class LivenessWatch {
  readonly #options: Required<LivenessOptions>;
  readonly #failures = new Map<WatchedProcess, number>();
  readonly #closing = new AbortController();
  #recovering: { readonly process: WatchedProcess; readonly untilMs: number } | undefined;

  constructor(options: LivenessOptions = {}) {
    this.#options = { ...livenessDefaults, ...options };
  }

  /** Watches a process from now on. */
  watch(process: WatchedProcess): void {
    this.#failures.set(process, 0);
  }

  /** Probes until {@link close}. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await delay(this.#options.everyMs, signal);
      if (signal.aborted) return;
      await Promise.all([...this.#failures.keys()].map((process) => this.#probe(process)));
      if (!signal.aborted) this.#endOne();
    }
  }

  /** Ends no process from now on. */
  close(): void {
    this.#closing.abort();
  }

  async #probe(process: WatchedProcess): Promise<void> {
    if (process.state !== 'ready') return void this.#failures.set(process, 0);
    const startMs = performance.now();
    const isAlive = await process.isAlive();
    // This process was late itself, or stopped: the late reply proves nothing about the other one.
    const isUnsure = performance.now() - startMs > 2 * this.#options.timeoutMs;
    if (isAlive || process.state !== 'ready') this.#failures.set(process, 0);
    else if (!isUnsure) this.#failures.set(process, (this.#failures.get(process) ?? 0) + 1);
  }

  #endOne(): void {
    if (this.#isRecovering()) return;
    const [process, failures] = [...this.#failures].reduce((most, each) => (each[1] > most[1] ? each : most), none);
    if (!process || failures < this.#options.failures) return;
    this.#failures.set(process, 0);
    this.#recovering = { process, untilMs: performance.now() + this.#options.recoveryMs };
    process.endHung(failures);
  }

  /** A process keeps its state `ready` until its end is noticed: after ending it, the watch skips at least one round. */
  #isRecovering(): boolean {
    const { process, untilMs } = this.#recovering ?? {};
    if (process && process.state !== 'ready' && performance.now() < (untilMs ?? 0)) return true;
    this.#recovering = undefined;
    return false;
  }
}

const none: readonly [WatchedProcess | undefined, number] = [undefined, 0];
