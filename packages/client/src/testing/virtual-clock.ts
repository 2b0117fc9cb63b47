import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../time/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

const hourMs = 3_600_000;

/**
 * A clock that stands still until `advance` moves it. All layers of an upstream go by it: deadlines, waits before a
 * retry, circuits, slow replies.
 *
 * It drives no sockets: what is called must be in this process, as with `inMemoryUpstream`.
 */
export class VirtualClock implements Clock {
  #nowMs = 1_700_000_000_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that are armed. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass: runs what is due, in order, each at its own time, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      await this.#fire(next);
    }
    this.#nowMs = untilMs;
    await settled();
  }

  /**
   * Lets as much time pass as it takes for `work` to end, and ends as it does.
   *
   * @param withinMs virtual time that it may take; default one hour
   * @throws Error where that is not enough: `work` waits for something that this clock does not drive
   */
  async run<T>(work: Promise<T>, withinMs = hourMs): Promise<T> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    work.then(end, end);
    const untilMs = this.#nowMs + withinMs;
    for (await settled(); !isOver; ) {
      const next = this.#next(untilMs);
      if (!next) throw new Error(`not ended in ${withinMs} ms of virtual time: it waits for no timer of this clock`);
      await this.#fire(next);
    }
    return work;
  }

  async #fire(timer: Timer): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    this.#timers.delete(timer);
    timer.callback();
    await settled();
  }

  /** The first timer that is due by then; of several at the same time, the first armed. */
  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && (!first || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }
}

/** A clock for the option `clock` of an upstream, and for handlers that wait. */
export function virtualClock(): VirtualClock {
  return new VirtualClock();
}

/** Lets everything happen that waits for no timer and no socket. */
export async function settled(): Promise<void> {
  await setImmediate();
}
