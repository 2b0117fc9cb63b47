import type { EventEmitter } from 'node:events';
import type { CallError } from '@parley/contract';
import { Circuit, type CircuitCounts, type CircuitPhase } from './circuit.ts';
import { CircuitBackoff } from './circuit-backoff.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';
import type { CircuitControl } from './circuit-control.ts';
import { CircuitEvidence } from './circuit-evidence.ts';
import { CircuitProbes } from './circuit-probes.ts';
import { type Ending, noGeneration, Permit } from './permit.ts';

/** The breaker's state, as everybody calls it; `forced-…` while an operator decides. */
export type CircuitState = CircuitPhase | 'forced-open' | 'forced-closed';

/**
 * Stops sending to an endpoint that keeps failing, or is slow, and tries again with probes after a while.
 * Counting and deciding is opossum's; see {@link Circuit}. Here an end that belongs to an earlier state is dropped.
 *
 * Scope: endpoint.
 */
export class CircuitBreaker implements CircuitControl {
  readonly #options: CircuitBreakerOptions;
  readonly #onState: (state: CircuitState) => void;
  readonly #circuit: Circuit;
  readonly #backoff: CircuitBackoff;
  readonly #evidence: CircuitEvidence;
  #probes: CircuitProbes;
  #forced: 'forced-open' | 'forced-closed' | undefined;
  /** Counts changes of state, to tell an attempt that began in an earlier one. */
  #generation = 0;

  constructor(options: CircuitBreakerOptions, rotation: EventEmitter, onState: (state: CircuitState) => void) {
    this.#options = options;
    this.#onState = onState;
    this.#backoff = new CircuitBackoff(options);
    this.#probes = new CircuitProbes(options.circuitProbes);
    const limits = () => ({ minCalls: options.circuitMinCalls, failureRatio: options.circuitFailureRatio });
    this.#circuit = new Circuit(limits, rotation, (phase) => this.#changed(phase));
    this.#evidence = new CircuitEvidence(options, rotation, this.#circuit);
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
      return isRefused ? undefined : new Permit(this.#ended, noGeneration, false, 0, undefined);
    }
    const isProbe = this.#circuit.isHalfOpen;
    if (isProbe) this.#probes.start();
    return new Permit(this.#ended, this.#generation, isProbe, this.#evidence.failures, this.#evidence.startMs());
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
    if (!this.#forced) return;
    const wasOpen = this.#forced === 'forced-open';
    this.#forced = undefined;
    if (wasOpen) this.#circuit.halfOpen();
    else this.#circuit.reset();
  }

  /** Stops its timers. An attempt after this is not let through. */
  close(): void {
    this.#forced = undefined;
    this.#backoff.stop();
    this.#evidence.reset();
    this.#circuit.shutDown();
  }

  #force(state: 'forced-open' | 'forced-closed'): void {
    if (this.#forced === state || this.#circuit.isShutDown) return;
    this.#forced = state;
    this.#changed(state);
  }

  readonly #ended = (permit: Permit, ending: Ending, error: CallError | undefined): void => {
    if (permit.generation !== this.#generation || this.#forced) return;
    if (ending === 'held' || ending === 'failure') this.#evidence.happened(permit);
    if (ending === 'failure') this.#failed(permit, error);
    else if (ending === 'success') this.#succeeded(permit);
    else if (ending === 'nothing' && permit.isProbe) this.#probes.release();
  };

  #failed(permit: Permit, error: CallError | undefined): void {
    this.#backoff.asked(error?.retryAfterMs ?? 0);
    if (permit.isProbe) this.#circuit.fail();
    else this.#evidence.failed(permit, error);
    if (this.#circuit.phase === 'open') permit.onOpened?.();
  }

  #succeeded(permit: Permit): void {
    this.#backoff.asked(0);
    if (permit.isProbe) this.#probeSucceeded(permit);
    else this.#evidence.succeeded(permit);
  }

  #probeSucceeded(permit: Permit): void {
    this.#probes.succeed(this.#evidence.isSlow(permit));
    // opossum closes at the first success that it hears of: it hears when there are enough.
    if (!this.#probes.isComplete) return;
    if (this.#probes.slowRatio > this.#options.circuitSlowRatio) this.#circuit.fail();
    else this.#circuit.succeed();
  }

  #changed(state: CircuitState): void {
    this.#generation++;
    this.#probes = new CircuitProbes(this.#options.circuitProbes);
    this.#evidence.reset();
    this.#backoff.stop();
    if (state === 'closed') this.#backoff.closed();
    if (state === 'open') this.#backoff.wait(() => this.#circuit.halfOpen());
    this.#onState(state);
  }
}
