import type { EventEmitter } from 'node:events';
import { CallError } from '@parley/contract';
import Opossum from 'opossum';
import type { Clock } from '../clock.ts';
import type { Layer } from '../layer.ts';

/** When an endpoint is left out of choice, and for how long. */
export interface CircuitBreakerOptions {
  /** Calls and failures are counted over this long. */
  readonly circuitWindowMs: number;
  /** No opinion before this many calls in the window. */
  readonly circuitMinCalls: number;
  /** Opens above this share of failures. Below 1: opossum compares with `>`, so 1 could never be reached. */
  readonly circuitFailureRatio: number;
  /** Stays open this long before a probe. */
  readonly circuitOpenMs: number;
}

/** What a breaker is made with: read anew whenever they matter. */
export interface CircuitBreakerParts extends CircuitBreakerOptions {
  readonly clock: Clock;
}

/** The breaker's state, as everybody calls it. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** Leave to make one attempt. One of its methods must be called once, when the attempt has ended. */
export interface Permit {
  /** The endpoint answered. */
  succeed(): void;
  /** The endpoint is to blame. */
  fail(): void;
  /** Nothing can be said of the endpoint. */
  release(): void;
}

/** Windows of all breakers turn on the same `rotate` events: one timer for an upstream, not one per endpoint. */
export const windowBuckets = 10;

/** The longest that Node's timers know. */
const neverMs = 2 ** 31 - 1;

/**
 * Stops sending to an endpoint that keeps failing, and tries again with a probe after a while.
 *
 * opossum is the state machine: it counts and decides, but runs nothing. Attempts run outside and report
 * how they ended, because what opossum runs itself it also miscounts: calls in flight and rejected calls
 * dilute the failure rate, a filtered error closes a half-open circuit, a call that began before the
 * circuit opened closes it late, and a hanging probe locks it for ever. Here a neutral end is not
 * reported, an end that belongs to an earlier state is dropped, and a probe is bounded by `attemptTimeout`.
 *
 * Scope: endpoint.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerParts;
  readonly #rotation: EventEmitter;
  readonly #onState: (state: CircuitState) => void;
  #circuit: Opossum<[boolean], void>;
  /** What it was made with. */
  #limits: CircuitLimits;
  /** Counts changes of state, to tell an attempt that began in an earlier one. */
  #generation = 0;
  #isProbing = false;
  #cancelProbe = () => {};

  constructor(options: CircuitBreakerParts, rotation: EventEmitter, onState: (state: CircuitState) => void) {
    this.#options = options;
    this.#rotation = rotation;
    this.#onState = onState;
    this.#limits = limitsOf(options);
    this.#circuit = this.#create();
  }

  get state(): CircuitState {
    if (this.#circuit.halfOpen) return 'half-open';
    return this.#circuit.opened ? 'open' : 'closed';
  }

  /** An attempt would be let through now. */
  get isAdmitting(): boolean {
    return this.#circuit.closed || (this.#circuit.halfOpen && !this.#isProbing);
  }

  /** Leave for one attempt; none while the circuit is open, or half-open with its probe under way. */
  acquire(): Permit | undefined {
    if (this.#circuit.closed && this.#isOutdated) this.#replace();
    if (!this.isAdmitting) return undefined;
    const generation = this.#generation;
    const isProbe = this.#circuit.halfOpen;
    if (isProbe) this.#isProbing = true;
    const end = (isSuccess?: boolean) => {
      if (generation !== this.#generation) return;
      // What a probe reports changes the state, a success a moment later: until then the place is taken.
      if (isSuccess === undefined) this.#isProbing &&= !isProbe;
      else this.#report(isSuccess);
    };
    return { succeed: () => end(true), fail: () => end(false), release: () => end() };
  }

  /** Stops its timer. An attempt after this is not let through. */
  close(): void {
    this.#cancelProbe();
    this.#circuit.shutdown();
  }

  // opossum is told once. What has been counted is lost with the circuit: it was for another question.
  get #isOutdated(): boolean {
    const { circuitWindowMs, circuitMinCalls, circuitFailureRatio } = this.#limits;
    const now = this.#options;
    return (
      now.circuitWindowMs !== circuitWindowMs ||
      now.circuitMinCalls !== circuitMinCalls ||
      now.circuitFailureRatio !== circuitFailureRatio
    );
  }

  #replace(state?: { readonly closed: boolean; readonly halfOpen: boolean }): void {
    this.close();
    this.#circuit = this.#create(state);
  }

  #report(isSuccess: boolean): void {
    // All that a success means to a closed circuit is one more call to compare failures with. To let opossum
    // run something for it would cost two promises, two events and a latency that nobody reads.
    if (isSuccess && this.#circuit.closed) this.#circuit.emit('fire');
    else this.#circuit.fire(isSuccess).catch(() => {}); // its error is our own report coming back
  }

  #create(state?: object): Opossum<[boolean], void> {
    this.#limits = limitsOf(this.#options);
    const { circuitWindowMs, circuitMinCalls, circuitFailureRatio } = this.#limits;
    const circuit = new Opossum(report, {
      ...(state && { state }),
      timeout: false,
      resetTimeout: neverMs, // see #waitForProbe
      volumeThreshold: circuitMinCalls,
      errorThresholdPercentage: circuitFailureRatio * 100,
      rollingCountTimeout: circuitWindowMs,
      rollingCountBuckets: windowBuckets,
      // Sorting every latency of the window at each failure costs milliseconds under load.
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#rotation,
    });
    circuit.on('open', () => {
      this.#waitForProbe();
      this.#changed('open');
    });
    circuit.on('close', () => {
      // opossum keeps the old window: the first failure after recovery would open the circuit again.
      this.#replace();
      this.#changed('closed');
    });
    return circuit;
  }

  // By the upstream's clock, where opossum knows the system's timers only.
  #waitForProbe(): void {
    const { clock, circuitOpenMs } = this.#options;
    const probe = () => {
      this.#replace({ closed: false, halfOpen: true });
      this.#changed('half-open');
    };
    this.#cancelProbe = clock.after(circuitOpenMs, probe, true);
  }

  #changed(state: CircuitState): void {
    this.#generation++;
    this.#isProbing = false;
    this.#onState(state);
  }
}

type CircuitLimits = Omit<CircuitBreakerOptions, 'circuitOpenMs'>;

function limitsOf({ circuitWindowMs, circuitMinCalls, circuitFailureRatio }: CircuitBreakerOptions): CircuitLimits {
  return { circuitWindowMs, circuitMinCalls, circuitFailureRatio };
}

const failure = new Error('attempt failed');

// A throw, not a rejected promise: opossum then counts the failure before `fire` returns.
function report(isSuccess: boolean): Promise<void> {
  if (!isSuccess) throw failure;
  return Promise.resolve();
}

/**
 * Asks the endpoint's breaker for leave and tells it how the attempt ended. A failure that blames the
 * endpoint counts against it; any other reply, an error reply too, shows that the endpoint works. An
 * attempt that ended without a reply for another reason (cancelled, out of the caller's time, not fit to
 * be sent) says nothing.
 *
 * @throws CallError `unavailable`, never processed, where the circuit is open
 */
export function circuitBreaker(breaker: CircuitBreaker, address: string): Layer {
  return (next) =>
    async function circuitBreaker(request) {
      const permit = breaker.acquire();
      if (!permit) throw circuitOpen(request.label, address, request.attempt);
      try {
        const reply = await next(request);
        if (reply.error?.blamesEndpoint) permit.fail();
        else permit.succeed();
        return reply;
      } catch (error) {
        if (error instanceof CallError && error.blamesEndpoint) permit.fail();
        else permit.release();
        throw error;
      }
    };
}

function circuitOpen(operation: string, endpoint: string, attempts: number): CallError {
  return new CallError('unavailable', 'the circuit of the endpoint is open', {
    operation,
    endpoint,
    attempts,
    isUnprocessed: true,
  });
}
