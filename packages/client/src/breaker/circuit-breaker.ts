import type { EventEmitter } from 'node:events';
import type { CallError, CircuitControl, CircuitReason, CircuitState, EndpointStatus } from '@parley/contract';
import type { Current } from '../options/current-options.ts';
import { Circuit, type CircuitBreakerOptions, type CircuitCounts } from './circuit.ts';
import { type Ending, FailureDetector, Permit } from './failure-detector.ts';
import { OpenTime, Probes } from './recovery.ts';

/**
 * Whether an endpoint may get an attempt. `available`: any. `probe-wanted`: its circuit is half-open and wants a probe.
 * `probing`: half-open, with enough probes under way. `ejected`: none. `forced-open`: none, by an operator's decision.
 */
export type Availability = 'available' | 'probe-wanted' | 'probing' | 'ejected' | 'forced-open';

/** How a circuit came to stand as it does. */
export type CircuitHistory = Pick<EndpointStatus, 'circuit' | 'circuitSinceMs' | 'circuitReason' | 'lastFailure'>;

/**
 * Stops sending to an endpoint that keeps failing, or is slow, and tries again with probes after a while. opossum
 * counts and decides, see {@link Circuit}; the breaker ignores the end of an attempt that began in an earlier state.
 *
 * Scope: endpoint.
 */
export class CircuitBreaker implements CircuitControl {
  readonly #options: Current<CircuitBreakerOptions>;
  readonly #onState: (state: CircuitState, reason: CircuitReason | undefined) => void;
  readonly #circuit: Circuit;
  readonly #openTime: OpenTime;
  readonly #detector: FailureDetector;
  #state: CircuitState = 'closed';
  #sinceMs: number;
  #reason: CircuitReason | undefined;
  #lastFailure: CircuitHistory['lastFailure'];
  /** Why the circuit opens, if it does so now. */
  #opening: CircuitReason = 'failures';
  #probes: Probes;
  /** Counts changes of state, to tell an attempt that began in an earlier one. */
  #generation = 0;

  constructor(
    options: Current<CircuitBreakerOptions>,
    rotation: EventEmitter,
    onState: (state: CircuitState, reason: CircuitReason | undefined) => void,
  ) {
    this.#options = options;
    this.#onState = onState;
    this.#sinceMs = options.current.clock.now();
    this.#openTime = new OpenTime(options);
    this.#probes = new Probes(options);
    const limits = () => {
      const { circuitMinCalls, circuitFailureRatio } = options.current;
      return { minCalls: circuitMinCalls, failureRatio: circuitFailureRatio };
    };
    this.#circuit = new Circuit(limits, rotation, (state) => this.#changed(state));
    this.#detector = new FailureDetector(options, rotation, this.#circuit, () => this.#openFor('slow'));
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** Since when the circuit is in its state, and why. */
  get history(): CircuitHistory {
    return {
      circuit: this.#state,
      circuitSinceMs: this.#sinceMs,
      circuitReason: this.#reason,
      lastFailure: this.#lastFailure,
    };
  }

  /** Whether an attempt would be let through now. */
  get availability(): Availability {
    const state = this.#state;
    if (state === 'forced-open') return 'forced-open';
    if (state === 'open' || this.#circuit.isShutDown) return 'ejected';
    if (state === 'half-open') return this.#probes.mayStart ? 'probe-wanted' : 'probing';
    return 'available';
  }

  /** Attempts in the window that count for or against the endpoint, and the failures among them. */
  get counts(): CircuitCounts {
    return this.#circuit.counts;
  }

  /**
   * A permit for one attempt; none while the circuit is open, or half-open with enough probes under way. In panic there
   * is one even then, unless an operator opened the circuit. The failure of such an attempt does not count; its success
   * lets a circuit that failures have opened have its probes now.
   */
  acquire(isPanic = false): Permit | undefined {
    const { availability } = this;
    if (availability !== 'available' && availability !== 'probe-wanted') {
      if (!isPanic || availability === 'forced-open' || this.#circuit.isShutDown) return undefined;
      return new Permit(this.#ended, this.#generation, 'forced', 0, undefined);
    }
    const role = availability === 'probe-wanted' ? 'probe' : 'regular';
    const { failures } = this.#detector;
    const permit = new Permit(this.#ended, this.#generation, role, failures, this.#detector.startMs());
    if (role === 'probe') this.#probes.start(permit);
    return permit;
  }

  // One success refutes that an endpoint fails, not that it is slow or does worse than others.
  get #hasFailed(): boolean {
    return this.#reason === 'failures' || this.#reason === 'probe';
  }

  /** Opens the circuit as failures would: the endpoint does worse than others. */
  eject(): void {
    if (this.#state === 'closed') this.#openFor('outlier');
  }

  /** Lets an open circuit have its probes now: something else showed that the endpoint is well. */
  readmit(): void {
    if (this.#state === 'open') this.#circuit.halfOpen();
  }

  forceOpen(): void {
    this.#force('forced-open');
  }

  forceClose(): void {
    this.#force('forced-closed');
  }

  auto(): void {
    if (this.#state === 'forced-open') this.#circuit.halfOpen();
    else if (this.#state === 'forced-closed') this.#circuit.reset();
  }

  /** Stops its timers. An attempt after this is not let through. */
  close(): void {
    this.#openTime.stop();
    this.#probes.end();
    this.#detector.reset();
    this.#circuit.shutDown();
  }

  #force(state: 'forced-open' | 'forced-closed'): void {
    if (this.#state === state || this.#circuit.isShutDown) return;
    this.#opening = 'operator';
    this.#changed(state);
    this.#opening = 'failures';
  }

  #openFor(reason: CircuitReason): void {
    this.#opening = reason;
    this.#circuit.open();
    this.#opening = 'failures';
  }

  #failProbe(reason: CircuitReason): void {
    this.#opening = reason;
    this.#circuit.fail();
    this.#opening = 'failures';
  }

  readonly #ended = (permit: Permit, ending: Ending, error: CallError | undefined): void => {
    if (permit.generation !== this.#generation || this.#state === 'forced-closed') return;
    if (permit.role === 'forced') {
      if (ending === 'success' && this.#hasFailed) this.readmit();
      return;
    }
    if (ending === 'withheld' || ending === 'failure') this.#detector.happened(permit);
    if (ending === 'failure') this.#failed(permit, error);
    else if (ending === 'success') this.#succeeded(permit);
    else if (ending === 'ignored' && permit.role === 'probe') this.#probes.release(permit);
  };

  #failed(permit: Permit, error: CallError | undefined): void {
    this.#openTime.asked(error?.retryAfterMs ?? 0);
    if (error) this.#lastFailure = { code: error.code, atMs: this.#options.current.clock.now() };
    if (permit.role === 'probe') this.#failProbe('probe');
    else this.#detector.failed(permit, error);
    if (this.#state === 'open') permit.onOpened?.();
  }

  #succeeded(permit: Permit): void {
    this.#openTime.asked(0);
    if (permit.role === 'probe') this.#probeSucceeded(permit);
    else this.#detector.succeeded(permit);
  }

  #probeSucceeded(permit: Permit): void {
    this.#probes.succeed(permit, this.#detector.isSlow(permit));
    // opossum closes at the first success that it gets: it gets one when there are enough.
    if (!this.#probes.isComplete) return;
    if (this.#probes.slowRatio > this.#options.current.circuitSlowRatio) this.#failProbe('slow');
    else this.#circuit.succeed();
  }

  #changed(state: CircuitState): void {
    this.#state = state;
    this.#sinceMs = this.#options.current.clock.now();
    if (state === 'closed') this.#reason = this.#lastFailure = undefined;
    else if (state !== 'half-open') this.#reason = this.#opening;
    this.#generation++;
    this.#probes.end();
    this.#probes = new Probes(this.#options);
    this.#detector.reset();
    this.#openTime.stop();
    if (state === 'closed') this.#openTime.closed();
    if (state === 'open') this.#openTime.wait(() => this.#circuit.halfOpen());
    this.#onState(state, state === 'half-open' ? undefined : this.#reason);
  }
}
