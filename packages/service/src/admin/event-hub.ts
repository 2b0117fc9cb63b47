import {
  type Backoff,
  type BudgetRefusal,
  CallError,
  type CircuitChange,
  type CircuitReason,
  type CircuitState,
  type ConnectionChange,
  type QueueWait,
  type TelemetryListener,
  watchUpstreams,
} from '@parley/contract';
import type { RefusedRequest, ServiceListener } from '../telemetry/service-events.ts';
import type { Act } from './audit-log.ts';
import { ClientSummaries, type ClientSummary } from './client-summaries.ts';

/** A change that operators see as it happens. */
export type AdminEvent =
  | {
      kind: 'circuit';
      at: string;
      upstream: string;
      endpoint: string;
      circuit: CircuitState;
      reason?: CircuitReason | undefined;
    }
  | { kind: 'draining'; at: string }
  | { kind: 'act'; at: string; act: string; isOver: boolean; details: Record<string, unknown> }
  | { kind: 'refused'; at: string; overloaded: number; rateLimited: number }
  | ClientSummary;

/** A reader of events, as the hub knows it. */
export interface EventReader {
  /** Fires when the reader leaves. */
  readonly signal: AbortSignal | undefined;
  /** Cuts off a reader that is too slow. */
  readonly drop: () => void;
}

/** Readers at once. */
const maxReaders = 16;
/** Events that wait for one reader. */
const maxWaiting = 1024;
/** Refusals, waits and connections within this time, in ms, are one event. */
const summaryMs = 1000;

/**
 * Sends changes to the operators that read them. Bounded: 16 readers, and 1024 events that wait for each. A reader that falls behind is cut
 * off, and gets a new snapshot when it comes back. Without a reader nothing is counted and nothing kept.
 *
 * Scope: service; circuits are those of all upstreams in the process.
 */
export class EventHub implements ServiceListener, TelemetryListener {
  readonly #readers = new Set<Waiting>();
  readonly #endWatch: () => void;
  readonly #summaries = new ClientSummaries();
  #refused = { overloaded: 0, rate_limited: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#endWatch = watchUpstreams((upstream) => upstream.subscribe(this));
  }

  onCircuit({ upstream, endpoint, state: circuit, reason }: CircuitChange): void {
    this.#publish({ kind: 'circuit', at: now(), upstream, endpoint, circuit, reason });
  }

  onRefusal({ reason }: RefusedRequest): void {
    if (this.#isCounting()) this.#refused[reason]++;
  }

  onBackoff(backoff: Backoff): void {
    if (this.#isCounting()) this.#summaries.backoff(backoff);
  }

  onBudgetRefusal(refusal: BudgetRefusal): void {
    if (this.#isCounting()) this.#summaries.budgetRefusal(refusal);
  }

  onQueue(wait: QueueWait): void {
    if (this.#isCounting()) this.#summaries.queue(wait);
  }

  onConnection(change: ConnectionChange): void {
    if (this.#isCounting()) this.#summaries.connection(change);
  }

  /** An operator has acted, or what one has set is over. */
  acted({ act, isOver, details }: Act): void {
    this.#publish({ kind: 'act', at: now(), act, isOver, details: { ...details } });
  }

  /** The service begins to stop. */
  draining(): void {
    this.#publish({ kind: 'draining', at: now() });
  }

  /**
   * Gives a snapshot, then each change. Ends when the hub closes or the reader's signal fires.
   *
   * @throws CallError `rate_limited` where there are too many readers
   */
  async *read<Snapshot>(
    snapshot: () => Snapshot,
    { signal, drop }: EventReader,
  ): AsyncGenerator<Snapshot | AdminEvent, void> {
    if (this.#readers.size >= maxReaders) {
      throw new CallError('rate_limited', `At most ${maxReaders} readers of events at once: close one first`);
    }
    const reader = new Waiting(drop);
    this.#readers.add(reader); // before the snapshot: no change is lost between
    const leave = () => reader.close();
    signal?.addEventListener('abort', leave);
    try {
      yield snapshot();
      for (let event = await reader.next(); event; event = await reader.next()) yield event;
    } finally {
      signal?.removeEventListener('abort', leave);
      this.#readers.delete(reader);
    }
  }

  /** Ends all streams of events, and listens no more. */
  close(): void {
    this.#endWatch();
    clearTimeout(this.#timer);
    for (const reader of this.#readers) reader.close();
  }

  #publish(event: AdminEvent): void {
    for (const reader of this.#readers) {
      if (reader.add(event)) continue;
      this.#readers.delete(reader);
      reader.cutOff();
    }
  }

  /** Something is counted until the next summary; nothing while nobody reads. */
  #isCounting(): boolean {
    if (this.#readers.size === 0) return false;
    this.#timer ??= setTimeout(() => this.#summarize(), summaryMs).unref();
    return true;
  }

  #summarize(): void {
    this.#timer = undefined;
    const { overloaded, rate_limited: rateLimited } = this.#refused;
    this.#refused = { overloaded: 0, rate_limited: 0 };
    if (overloaded + rateLimited > 0) this.#publish({ kind: 'refused', at: now(), overloaded, rateLimited });
    for (const summary of this.#summaries.take(now())) this.#publish(summary);
  }
}

/** The events that wait for one reader. */
class Waiting {
  readonly #drop: () => void;
  readonly #events: AdminEvent[] = [];
  #isClosed = false;
  #wake = () => {};

  constructor(drop: () => void) {
    this.#drop = drop;
  }

  /** False where too many wait already. */
  add(event: AdminEvent): boolean {
    if (this.#events.length >= maxWaiting) return false;
    this.#events.push(event);
    this.#wake();
    return true;
  }

  /** The next event; none once it is closed and all are read. */
  async next(): Promise<AdminEvent | undefined> {
    while (this.#events.length === 0 && !this.#isClosed) {
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      await woken.promise;
    }
    return this.#events.shift();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  cutOff(): void {
    this.#events.length = 0;
    this.close();
    this.#drop();
  }
}

function now(): string {
  return new Date().toISOString();
}
