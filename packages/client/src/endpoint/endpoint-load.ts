import { CallError, headerNames } from '@parley/contract';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { Reply } from '../transport/reply.ts';
import { failureCostMs } from './failure-cost.ts';
import { LoadReport } from './load-report.ts';
import { PeakEwma } from './peak-ewma.ts';
import { slowStartShare } from './slow-start.ts';

/** What one endpoint did since the last comparison. */
export interface Judged {
  /** Attempts that count for or against it. */
  readonly judged: number;
  /** The attempts among them that it is at fault for. */
  readonly failed: number;
}

/** What the load of an endpoint is measured with. */
export type EndpointLoadOptions = Pick<UpstreamOptions, 'slowStartMs' | 'balanceBy' | 'clock'>;

/**
 * How much one endpoint has to do, and how fast it does it.
 *
 * Scope: endpoint.
 */
export class EndpointLoad {
  readonly #options: Current<EndpointLoadOptions>;
  readonly latency = new PeakEwma();
  readonly report = new LoadReport();
  #inUseSinceMs = Number.NEGATIVE_INFINITY;
  /** Attempts under way, and streams that are open. */
  inFlight = 0;
  #isAwaited = false;
  #forgotAtMs = Number.NEGATIVE_INFINITY;
  /** Its share of the attempts, against the others' weights. */
  weight = 1;
  #judged = 0;
  #failed = 0;

  constructor(options: Current<EndpointLoadOptions>) {
    this.#options = options;
  }

  /** Its latency counts when endpoints are compared. */
  get isByLatency(): boolean {
    return this.#options.current.balanceBy === 'latency';
  }

  /** Nothing is known of its latency, and an attempt that will tell is under way. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** Drops all measurements, also of attempts under way: the next attempt begins a new history. */
  forget(): void {
    this.#forgotAtMs = this.#options.current.clock.now();
    this.latency.forget();
    this.#isAwaited = false;
  }

  /** An attempt begins. */
  begin(): void {
    this.inFlight++;
    this.#isAwaited = !this.latency.isKnown;
  }

  /** From now on its share grows slowly. */
  startSlowly(): void {
    this.#inUseSinceMs = this.#options.current.clock.now();
  }

  /** Its capacity now, relative to other endpoints: weight, times slow start, times the free share that it reports. */
  capacityAt(now: number): number {
    return (
      this.weight *
      slowStartShare(now - this.#inUseSinceMs, this.#options.current.slowStartMs) *
      this.report.freeAt(now)
    );
  }

  /** What it did since this was last asked. */
  takeRecord(): Judged {
    const record = { judged: this.#judged, failed: this.#failed };
    this.#judged = 0;
    this.#failed = 0;
    return record;
  }

  /** An attempt was answered, by a stream with its first byte. */
  answered(reply: Reply, ms: number, now: number): void {
    if (now - ms < this.#forgotAtMs) return;
    this.#isAwaited = false;
    this.report.read(reply.headers[headerNames.loadReport], now);
    if (reply.status < 400) {
      this.#judged++;
      this.latency.record(ms, now);
    } else if (reply.error) this.#endedWith(reply.error, ms, now, reply.status < 500);
  }

  /** An attempt ended without a reply. */
  broke(error: unknown, ms: number, now: number): void {
    if (now - ms < this.#forgotAtMs) return;
    this.#isAwaited = false;
    if (error instanceof CallError && error.blamesEndpoint) this.blamed(error, ms);
    else if (error instanceof CallError) this.#endedWith(error, ms, now, false);
    else this.latency.recordAtLeast(ms, now);
  }

  /**
   * A failure was its own fault. Of a reply that is known when the attempt ends or a little later: a request that
   * fails wherever it is sent must make no endpoint look slow.
   */
  blamed(error: CallError, ms = 0): void {
    this.#judged++;
    this.#failed++;
    this.latency.charge(failureCostMs(error), ms, this.#options.current.clock.now());
  }

  #endedWith(error: CallError, ms: number, now: number, isAnswer: boolean): void {
    if (isAnswer && !error.blamesEndpoint) this.#judged++;
    if (isTooMuch(error)) this.latency.charge(failureCostMs(error), ms, now);
    else if (isAnswer && !error.blamesEndpoint) this.latency.record(ms, now);
    // Given up by the caller, failed further up, or a failure that `blamed` counts: never a fast reply.
    else this.latency.recordAtLeast(ms, now);
  }
}

/** It did nothing wrong, but wants less. */
function isTooMuch({ code, status, blamesEndpoint }: CallError): boolean {
  return !blamesEndpoint && (code === 'overloaded' || status === 429);
}
