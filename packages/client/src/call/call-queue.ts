import { CallError, type ConcurrencyStatus, type Priority } from '@parley/contract';
import type { Call } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { CancelSignal } from '../time/cancel-signal.ts';
import { reasonOf } from '../time/time-limit.ts';
import { GradientLimit } from './gradient-limit.ts';
import { PriorityQueue } from './priority-queue.ts';

/** How many calls may be under way at once. */
export type CallQueueOptions = Pick<UpstreamOptions, 'concurrencyLimit' | 'maxQueue'>;

interface Waiting {
  readonly operation: string;
  /** Later than this it is not begun any more. */
  readonly untilMs: number;
  /** It has its place now, or will have none. */
  end(error?: CallError): void;
}

/** The part of its time that a call may wait: the rest is for the call itself, and for an estimate that was too low. */
const mostWait = 0.5;
/** Calls that are measured before their time decides on those that wait: a first one may be slow for reasons of its own. */
const enoughHeld = 20;
/** Weight of the latest call in the average time that a place is held. */
const holdWeight = 0.1;

/**
 * The places for calls to an upstream, and the queue for them: by priority, then in order. A call is refused at once if
 * it cannot expect a place within half of its time, by its position and by how fast places come free. Where it has waited for
 * longer, it is refused as soon as a place comes free. In a full queue the lowest priority gives way.
 *
 * Scope: upstream.
 */
export class CallQueue {
  readonly #options: Current<CallQueueOptions>;
  readonly #sockets: () => number;
  readonly #gradient = new GradientLimit();
  readonly #queue = new PriorityQueue<Waiting>();
  #inFlight = 0;
  #holdMs = 0;
  #held = 0;

  /** @param sockets how many calls the sockets of all endpoints can carry at once */
  constructor(options: Current<CallQueueOptions>, sockets: () => number) {
    this.#options = options;
    this.#sockets = sockets;
  }

  get limit(): number {
    const { concurrencyLimit } = this.#options.current;
    if (concurrencyLimit === 'connections') return this.#sockets();
    return concurrencyLimit === 'adaptive' ? this.#gradient.limit : concurrencyLimit;
  }

  get status(): ConcurrencyStatus {
    return { limit: this.limit, inFlight: this.#inFlight, queued: this.#queue.size };
  }

  /** Takes a place; false where none is free, or others wait for it. */
  enter(): boolean {
    if (this.#inFlight >= this.limit || this.#queue.size > 0) return false;
    this.#inFlight++;
    return true;
  }

  /** Calls that hold a place. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Waits for a place, which is then taken.
   *
   * @throws CallError, never processed: `overloaded` where there will be none in time; the reason of the request's signal
   */
  wait(call: Call, nowMs: number): Promise<void> {
    const { label, signal, context } = call;
    const { priority = 'normal' } = context;
    if (signal?.aborted) return Promise.reject(givenUp(signal, label));
    const reason = this.#refusal(call, priority, nowMs);
    if (reason) return Promise.reject(overloaded(label, reason));
    return new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#queue.remove(waiting, priority);
        waiting.end(givenUp(signal, label));
      };
      const waiting: Waiting = {
        operation: label,
        untilMs: nowMs + (call.deadlineMs - nowMs) * mostWait,
        end(error) {
          signal?.removeEventListener('abort', onAbort);
          if (error) reject(error);
          else resolve();
        },
      };
      signal?.addEventListener('abort', onAbort);
      this.#queue.add(waiting, priority);
      this.#admit(nowMs); // the limit may have been raised while others wait
    });
  }

  /** How long places are held counts: the limit is learned, or calls may soon wait. */
  get isMeasured(): boolean {
    return this.#options.current.concurrencyLimit === 'adaptive' || this.#inFlight * 2 > this.limit;
  }

  /** Gives a place back. @param heldMs how long it was held, where that was measured */
  leave(nowMs: number, heldMs?: number): void {
    this.#inFlight--;
    if (heldMs !== undefined) this.#measured(heldMs);
    this.#admit(nowMs);
    if (this.#held >= enoughHeld) this.#giveUpLast(nowMs);
  }

  #measured(heldMs: number): void {
    this.#held++;
    this.#holdMs += (heldMs - this.#holdMs) * (this.#holdMs === 0 ? 1 : holdWeight);
  }

  /** Ends those that cannot expect a place in time, as is known now: in a burst nothing was known when they came. */
  #giveUpLast(nowMs: number): void {
    for (;;) {
      const [last, priority] = this.#queue.last() ?? [];
      if (!last || !priority) return;
      const waitMs = (this.#queue.size * this.#holdMs) / this.limit;
      if (nowMs + waitMs <= last.untilMs) return;
      const state = this.#state();
      this.#queue.remove(last, priority);
      const detail = `not sent: a place is expected in ${Math.round(waitMs)} ms, when more than half of its time is up (${state})`;
      last.end(overloaded(last.operation, detail));
    }
  }

  /** The limit may have been raised: begins with calls that have a place now. */
  limitChanged(nowMs: number): void {
    this.#admit(nowMs);
  }

  /** A call succeeded: what the adaptive limit learns from. */
  learn(tookMs: number, inFlight: number): void {
    if (this.#options.current.concurrencyLimit === 'adaptive') this.#gradient.record(tookMs, inFlight);
  }

  #admit(nowMs: number): void {
    while (this.#inFlight < this.limit) {
      const next = this.#queue.take();
      if (!next) return;
      if (nowMs > next.untilMs) {
        next.end(overloaded(next.operation, `not sent: it waited for half of its time (${this.#state()})`));
        continue;
      }
      this.#inFlight++;
      next.end();
    }
  }

  #state(): string {
    const { limit, inFlight, queued } = this.status;
    return `concurrencyLimit ${limit}: ${inFlight} in flight, ${queued} queued`;
  }

  #refusal({ deadlineMs }: Call, priority: Priority, nowMs: number): string | undefined {
    const { limit, queued } = this.status;
    const state = this.#state();
    const waitMs = ((this.#queue.ahead(priority) + 1) * this.#holdMs) / limit;
    const leftMs = deadlineMs - nowMs;
    if (waitMs >= leftMs * mostWait) {
      return `not sent: a place is expected in ${Math.round(waitMs)} ms, more than half of the ${Math.round(leftMs)} ms that are left (${state})`;
    }
    if (queued < this.#options.current.maxQueue) return undefined;
    const lowest = this.#queue.giveWay(priority);
    if (!lowest) return `not sent: the queue is full (${state})`;
    lowest.end(overloaded(lowest.operation, `not sent: it gave way to a ${priority} call (${state})`));
    return undefined;
  }
}

/** The error of a call whose signal fires while it has no place. */
function givenUp(signal: CancelSignal | undefined, operation: string): CallError {
  const cause = reasonOf(signal, operation);
  return new CallError(cause.code, `not sent: ${cause.detail}`, { operation, isUnprocessed: true, cause });
}

// Not `unavailable`, which blames the endpoint: this process is the one with too much to do.
function overloaded(operation: string, detail: string): CallError {
  return new CallError('overloaded', detail, { operation, isUnprocessed: true });
}
