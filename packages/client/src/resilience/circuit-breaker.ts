import type { EventEmitter } from 'node:events';
import type { CallError } from '@parley/contract';
import { Circuit, type CircuitCounts, type CircuitPhase } from './circuit.ts';
import { CircuitBackoff } from './circuit-backoff.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';
import type { CircuitControl } from './circuit-control.ts';
import { CircuitProbes } from './circuit-probes.ts';
import { type Ending, Permit } from './permit.ts';
import { SlowCalls } from './slow-calls.ts';

/** The breaker's state, as everybody calls it; `forced-…` while an operator decides. */
export type CircuitState = CircuitPhase | 'forced-open' | 'forced-closed';

/** That of attempts which say nothing. */
const noGeneration = -1;

/**
 * Stops sending to an endpoint that keeps failing, or is slow, and tries again with probes after a while.
 * Counting and deciding is opossum's; see {@link Circuit}. Here a neutral end is not reported, an end
 * that belongs to an earlier state is dropped, and a probe is bounded by `attemptTimeout`.
 *
 * Scope: endpoint.
 */
export class CircuitBreaker implements CircuitControl {
  readonly #options: CircuitBreakerOptions;
  readonly #onState: (state: CircuitState) => void;
  readonly #circuit: Circuit;
  readonly #backoff: CircuitBackoff;
  readonly #slowCalls: SlowCalls;
  #probes: CircuitProbes;
  #forced: 'forced-open' | 'forced-closed' | undefined;
  /** Counts changes of state, to tell an attempt that began in an earlier one. */
  #generation = 0;
  #failuresInARow = 0;
  #retryAfterMs = 0;
  #endWait = () => {};

  constructor(options: CircuitBreakerOptions, rotation: EventEmitter, onState: (state: CircuitState) => void) {
    this.#options = options;
    this.#onState = onState;
    this.#backoff = new CircuitBackoff(options);
    this.#probes = new CircuitProbes(options.circuitProbes);
    const limits = () => ({ minCalls: options.circuitMinCalls, failureRatio: options.circuitFailureRatio });
    this.#circuit = new Circuit(limits, rotation, (phase) => this.#changed(phase));
    this.#slowCalls = new SlowCalls(options, rotation, () => this.#circuit.open());
  }

  get state(): CircuitState {
    return this.#forced ?? this.#circuit.phase;
  }

  /** An attempt would be let through now. */
  get isAdmitting(): boolean {
    if (this.#forced) return this.#forced === 'forced-closed';
    return this.#circuit.isClosed || (this.#circuit.isHalfOpen && this.#probes.mayStart);
  }

  /** Attempts in the window that said something of the endpoint, and those of them that failed. */
  get counts(): CircuitCounts {
    return this.#circuit.counts;
  }

  /**
   * Leave for one attempt; none while the circuit is open, or half-open with enough probes under way. In panic there is
   * leave then too, unless an operator opened it, and the attempt says nothing of the endpoint.
   */
  acquire(isPanic = false): Permit | undefined {
    if (!this.isAdmitting) {
      const isRefused = !isPanic || this.#forced !== undefined || this.#circuit.isShutDown;
      return isRefused ? undefined : new Permit(this.#ended, noGeneration, false, undefined);
    }
    const isProbe = this.#circuit.isHalfOpen;
    if (isProbe) this.#probes.start();
    return new Permit(this.#ended, this.#generation, isProbe, this.#slowCalls.startMs());
  }

  /** Opens the circuit as failures would: the endpoint does worse than others. */
  eject(): void {
    if (this.state === 'closed') this.#circuit.open();
  }

  /** Lets an open circuit have its probes now: something else showed that the endpoint is well. */
  readmit(): void {
    if (this.state === 'open') this.#circuit.halfOpen();
  }

  forceOpen(): void {
    this.#force('forced-open');
  }

  forceClose(): void {
    this.#force('forced-closed');
  }

  auto(): void {
    const wasOpen = this.#forced === 'forced-open';
    if (!this.#forced) return;
    this.#forced = undefined;
    if (wasOpen) this.#circuit.halfOpen();
    else this.#circuit.reset();
  }

  /** Stops its timers. An attempt after this is not let through. */
  close(): void {
    this.#forced = undefined;
    this.#endWait();
    this.#slowCalls.reset();
    this.#circuit.shutDown();
  }

  #force(state: 'forced-open' | 'forced-closed'): void {
    if (this.#forced === state || this.#circuit.isShutDown) return;
    this.#forced = state;
    this.#changed(state);
  }

  readonly #ended = (permit: Permit, ending: Ending, error: CallError | undefined): void => {
    if (permit.generation !== this.#generation || this.#forced) return;
    if (ending === 'failure') this.#failed(permit, error);
    else if (ending === 'success') this.#succeeded(permit);
    else if (permit.isProbe) this.#probes.release();
  };

  #failed({ isProbe }: Permit, error: CallError | undefined): void {
    this.#retryAfterMs = error?.retryAfterMs ?? 0;
    const { circuitConsecutiveFailures } = this.#options;
    // A 500 is an answer, if a bad one: it counts for the share, but says that the way to it works.
    this.#failuresInARow = error?.status === 500 ? 0 : this.#failuresInARow + 1;
    const isOneTooMany = this.#failuresInARow >= circuitConsecutiveFailures;
    if (isOneTooMany && !isProbe) this.#circuit.open();
    else this.#circuit.fail();
  }

  #succeeded({ isProbe, startedAtMs }: Permit): void {
    const isSlow = this.#slowCalls.isSlow(startedAtMs);
    this.#failuresInARow = 0;
    this.#retryAfterMs = 0;
    if (!isProbe) {
      this.#circuit.succeed();
      if (startedAtMs !== undefined) this.#slowCalls.count(isSlow);
      return;
    }
    this.#probes.succeed(isSlow);
    // opossum closes at the first success that it hears of: it hears when there are enough.
    if (!this.#probes.isComplete) return;
    if (this.#probes.slowRatio > this.#options.circuitSlowRatio) this.#circuit.fail();
    else this.#circuit.succeed();
  }

  #changed(state: CircuitState): void {
    this.#generation++;
    this.#probes = new CircuitProbes(this.#options.circuitProbes);
    this.#failuresInARow = 0;
    this.#slowCalls.reset();
    this.#endWait();
    if (state === 'closed') this.#backoff.closed();
    if (state === 'open') {
      const openMs = this.#backoff.openMs(this.#retryAfterMs);
      this.#endWait = this.#options.clock.after(openMs, () => this.#circuit.halfOpen(), true);
    }
    this.#onState(state);
  }
}
