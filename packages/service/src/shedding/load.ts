import { performance } from 'node:perf_hooks';
import { formatLoadReport, type Priority } from '@parley/contract';
import { Admission, type Refused } from './admission.ts';
import { eventLoopReader, type ReadEventLoop, sampleEveryMs } from './event-loop.ts';
import { type Limit, limitOf } from './limit.ts';
import { ReturnTimes } from './return-times.ts';
import { Slowdown } from './slowdown.ts';

/** Options of a load: its limit, and what measures it. */
export interface LoadOptions {
  /** Requests in flight: `adaptive` (from 20 to 1000, by what the service can take), a number, or Infinity for no limit. */
  readonly maxInFlight: number | 'adaptive';
  /** In ms; only differences matter. Default: `performance.now`. */
  readonly now?: () => number;
  readonly readEventLoop?: ReadEventLoop;
  readonly random?: () => number;
}

/** One request's place. */
export interface Place {
  readonly caller: string;
  /** When the request began, or came where it waits for its turn. */
  startMs: number;
}

/** Fewer requests than this are no average, unless a window lasts a second. */
const minSamples = 10;
const longestWindowMs = 1000;
/** A request may wait this long for its turn before the wait counts as latency, in ms: as long as the event loop may be late. */
const toleratedWaitMs = 100;
/** From this part of a window on that the event loop worked, its turns are full. */
const busyUtilization = 0.95;
/** How much of the completion rate the latest window is. */
const rateWeight = 0.3;

/**
 * Measures the load of a service and decides which requests it takes. Scope: one per app. It has no timer: each request
 * checks the time, so that an idle service pays nothing.
 */
export class Load {
  readonly #admission = new Admission();
  readonly #slowdown = new Slowdown();
  readonly #limit: Limit;
  readonly #returnTimes: ReturnTimes;
  readonly #now: () => number;
  readonly #readEventLoop: ReadEventLoop;
  /** Places of requests that are done, kept until the turn of the event loop is over. */
  #leaving: Place[] = [];
  #windowStartMs: number;
  #peakInFlight = 0;
  #completed = 0;
  #perSecond = 0;
  #isBusy = false;
  #report = '';
  #reportedMs = Number.NEGATIVE_INFINITY;

  /** @throws TypeError where `maxInFlight` makes no sense */
  constructor({ maxInFlight, now = () => performance.now(), readEventLoop, random = Math.random }: LoadOptions) {
    this.#limit = limitOf(maxInFlight);
    this.#now = now;
    this.#readEventLoop = readEventLoop ?? eventLoopReader();
    this.#returnTimes = new ReturnTimes(random);
    this.#windowStartMs = now();
  }

  /** How many requests have a place. */
  get inFlight(): number {
    return this.#admission.inFlight;
  }

  /** How many callers have them. */
  get callers(): number {
    return this.#admission.callers;
  }

  /** Whether the event loop did nothing but work lately. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** How many may have one. */
  get limit(): number {
    return this.#limit.current;
  }

  /** Gives a request a place, to be given back once with {@link complete} or {@link release}, or says why there is none. */
  enter(caller: string, priority: Priority): Place | Refused {
    const startMs = this.#now();
    this.#endWindowIfOver(startMs);
    const refused = this.#admission.enter(caller, priority, this.#limit.current);
    if (refused) return refused;
    if (this.inFlight > this.#peakInFlight) this.#peakInFlight = this.inFlight;
    return { caller, startMs };
  }

  /**
   * Begins a request that has waited for its turn. A wait of up to 100 ms is not latency: with many quick requests at once
   * it would lower the limit although none of them takes long.
   */
  begin(place: Place): void {
    place.startMs += Math.min(toleratedWaitMs, this.#now() - place.startMs);
  }

  /** Takes a place back and learns from how long the request took; `kind` is what it is compared with. */
  complete(place: Place, kind: object): void {
    const nowMs = this.#now();
    this.#slowdown.record(kind, nowMs - place.startMs);
    this.release(place);
    this.#endWindowIfOver(nowMs);
  }

  /** Releases the place of a request whose caller gave up: it would have taken longer, by an unknown time. */
  abandon(place: Place, kind: object): void {
    const nowMs = this.#now();
    this.#slowdown.recordAtLeast(kind, nowMs - place.startMs);
    this.release(place);
    this.#endWindowIfOver(nowMs);
  }

  /** Takes back the place of a request whose time is not measured: a stream, or a request that was refused further down. */
  release(place: Place): void {
    this.#completed++;
    // Handlers that only compute are done within the turn in which they began. What a turn holds is what others wait for.
    if (this.#leaving.push(place) === 1) setImmediate(() => this.#endTurn());
  }

  /** Seconds after which a client that is refused now should retry. */
  returnSeconds(): number {
    return this.#returnTimes.next({ nowMs: this.#now(), inFlight: this.inFlight, perSecond: this.#perSecond });
  }

  /** How busy the service is, in ORCA's text format. Renewed every 100 ms. */
  get report(): string {
    const nowMs = this.#now();
    if (nowMs - this.#reportedMs < sampleEveryMs) return this.#report;
    const { utilization } = this.#readEventLoop(nowMs);
    const { inFlight } = this;
    this.#report = formatLoadReport({ utilization: Math.max(utilization, inFlight / this.#limit.current), inFlight });
    this.#reportedMs = nowMs;
    return this.#report;
  }

  #endTurn(): void {
    for (const { caller } of this.#leaving) this.#admission.leave(caller);
    this.#leaving.length = 0;
  }

  #endWindowIfOver(nowMs: number): void {
    const lengthMs = nowMs - this.#windowStartMs;
    if (lengthMs < sampleEveryMs || (this.#slowdown.count < minSamples && lengthMs < longestWindowMs)) return;
    // With less to do the rate is what was asked for, not what can be done.
    if (this.#peakInFlight >= this.#limit.current / 2) this.#learnRate((this.#completed * 1000) / lengthMs);
    const { delayMs: loopDelayMs, utilization } = this.#readEventLoop(nowMs);
    this.#isBusy = utilization > busyUtilization;
    this.#limit.update({ slowdown: this.#slowdown.endWindow(), loopDelayMs, peakInFlight: this.#peakInFlight });
    this.#windowStartMs = nowMs;
    this.#completed = 0;
    this.#peakInFlight = this.inFlight;
  }

  #learnRate(perSecond: number): void {
    this.#perSecond = this.#perSecond === 0 ? perSecond : this.#perSecond + rateWeight * (perSecond - this.#perSecond);
  }
}
