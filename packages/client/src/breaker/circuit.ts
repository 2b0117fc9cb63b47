import { EventEmitter } from 'node:events';
import Opossum from 'opossum';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { Clock } from '../time/clock.ts';

/** When an endpoint is left out of choice, and for how long. */
export type CircuitBreakerOptions = Pick<
  UpstreamOptions,
  | 'circuitWindowMs'
  | 'circuitMinCalls'
  | 'circuitFailureRatio'
  | 'circuitConsecutiveFailures'
  | 'circuitSlowCallMs'
  | 'circuitSlowRatio'
  | 'circuitOpenMs'
  | 'circuitMaxOpenMs'
  | 'circuitProbes'
  | 'attemptTimeoutMs'
  | 'clock'
  | 'random'
>;

/** What opossum opens a circuit at. */
export interface CircuitLimits {
  /** No opinion before this many calls in the window. */
  readonly minCalls: number;
  /** Opens above this share of failures. */
  readonly failureRatio: number;
}

/** The states that opossum decides about. */
export type CircuitPhase = 'closed' | 'open' | 'half-open';

/** Calls and failures in the window. */
export interface CircuitCounts {
  readonly calls: number;
  readonly failures: number;
}

/** Windows turn on the `rotate` events of one emitter, this many times until they have forgotten all. */
export const windowBuckets = 10;

/** opossum's timer for half-opening knows neither our clock nor our backoff: it never fires. */
const neverMs = 2 ** 31 - 1;

/**
 * opossum as a state machine: it counts and decides, but runs nothing. Attempts run outside and report
 * how they ended, because what opossum runs itself it also miscounts: calls in flight and rejected calls
 * dilute the failure rate, a filtered error closes a half-open circuit, a call that began before the
 * circuit opened closes it late, and a hanging probe locks it for ever.
 *
 * A new window begins with each closing and half-opening: opossum would keep the old one, and the first
 * failure after recovery would open the circuit again.
 */
export class Circuit {
  readonly #limits: () => CircuitLimits;
  readonly #rotation: EventEmitter;
  readonly #onChange: (phase: CircuitPhase) => void;
  /** Made for the first report: it holds 7 kB, and most of 10 000 endpoints get none. */
  #opossum: Opossum<[boolean], void> | undefined;
  #made: CircuitLimits;
  #isShutDown = false;

  /** @param limits read at each failure, so that they may change; counting then begins anew */
  constructor(limits: () => CircuitLimits, rotation: EventEmitter, onChange: (phase: CircuitPhase) => void) {
    this.#limits = limits;
    this.#rotation = rotation;
    this.#onChange = onChange;
    this.#made = limits();
  }

  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  get counts(): CircuitCounts {
    let [calls, failures] = [0, 0];
    for (const bucket of this.#opossum?.status.window ?? []) {
      calls += bucket.fires;
      failures += bucket.failures;
    }
    return { calls, failures };
  }

  /** Counts a success; closes a half-open circuit a moment later. */
  succeed(): void {
    // To a closed circuit a success is only one more call. Running it through opossum would cost two promises, two
    // events and a latency that is never read.
    const opossum = this.#live();
    if (opossum?.closed) opossum.emit('fire');
    else opossum?.fire(true).catch(() => {});
  }

  /** Counts a failure; opens the circuit if that is one too many, or if it is half-open. */
  fail(): void {
    const { minCalls, failureRatio } = this.#limits();
    const isSame = minCalls === this.#made.minCalls && failureRatio === this.#made.failureRatio;
    if (!isSame && this.#opossum?.closed) this.#replace('closed');
    this.#live()
      ?.fire(false)
      .catch(() => {}); // its error is our own report coming back
  }

  /** Opens it, whatever was counted. */
  open(): void {
    this.#live()?.open();
  }

  /** Makes it half-open. */
  halfOpen(): void {
    if (this.#isShutDown) return;
    this.#replace('half-open');
    this.#onChange('half-open');
  }

  /** Closes it, whatever was counted. */
  reset(): void {
    if (this.#isShutDown) return;
    this.#replace('closed');
    this.#onChange('closed');
  }

  /** Stops its timer. It takes no more reports. */
  shutDown(): void {
    this.#isShutDown = true;
    this.#opossum?.shutdown();
  }

  #live(): Opossum<[boolean], void> | undefined {
    if (!this.#opossum && !this.#isShutDown) this.#replace('closed');
    return this.#isShutDown ? undefined : this.#opossum;
  }

  #replace(phase: 'closed' | 'half-open'): void {
    this.#opossum?.shutdown();
    this.#made = this.#limits();
    this.#opossum = this.#create(phase);
  }

  #create(phase: 'closed' | 'half-open'): Opossum<[boolean], void> {
    const opossum = new Opossum(report, {
      ...{ state: { closed: phase === 'closed', halfOpen: phase === 'half-open' } }, // its types forget it
      timeout: false,
      resetTimeout: neverMs,
      volumeThreshold: this.#made.minCalls,
      errorThresholdPercentage: this.#made.failureRatio * 100,
      rollingCountBuckets: windowBuckets,
      // Sorting every latency of the window at each failure costs milliseconds under load.
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#rotation,
    });
    opossum.on('open', () => this.#onChange('open'));
    opossum.on('close', () => this.reset());
    return opossum;
  }
}

const failure = new Error('attempt failed');

// A throw, not a rejected promise: opossum then counts the failure before `fire` returns.
function report(isSuccess: boolean): Promise<void> {
  if (!isSuccess) throw failure;
  return Promise.resolve();
}

/**
 * Turns the windows of all circuits of an upstream: one timer, not one per endpoint.
 *
 * Scope: upstream.
 */
export class CircuitWindow {
  readonly #options: Current<Pick<UpstreamOptions, 'circuitWindowMs'>>;
  readonly #clock: Clock;
  /** Emits `rotate` each time that a part of the window is forgotten. */
  readonly rotation: EventEmitter = new EventEmitter().setMaxListeners(0);
  #stop = () => {};

  constructor(options: Current<Pick<UpstreamOptions, 'circuitWindowMs'>>, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#wait();
  }

  /** Uses the current length of the window from now on. */
  restart(): void {
    this.#stop();
    this.#wait();
  }

  /** Stops its timer. */
  close(): void {
    this.#stop();
  }

  #wait(): void {
    const turn = () => {
      this.rotation.emit('rotate');
      this.#wait();
    };
    this.#stop = this.#clock.after(this.#options.current.circuitWindowMs / windowBuckets, turn, true);
  }
}
