import type { EventEmitter } from 'node:events';
import type { CallError } from '@parley/contract';
import type { Current } from '../options/current-options.ts';
import { Circuit, type CircuitBreakerOptions } from './circuit.ts';

/** How an attempt ended, as the endpoint's circuit sees it. */
export type Ending = 'success' | 'failure' | 'withheld' | 'ignored';

/**
 * What an attempt is to a circuit. A `probe` finds out whether the endpoint works again. One that is `forced` goes
 * through a circuit that would let nothing through.
 */
export type AttemptRole = 'regular' | 'probe' | 'forced';

/** A permit for one attempt. `succeed`, `fail` or `release` must be called once, when the attempt has ended. */
export class Permit {
  readonly #onEnd: (permit: Permit, ending: Ending, error?: CallError) => void;
  /** Which state of the circuit the attempt began in. */
  readonly generation: number;
  readonly role: AttemptRole;
  /** The number of the endpoint's last failure when the attempt began. */
  readonly startedAfter: number;
  /** When the attempt began, where that is of interest. */
  readonly startedAtMs: number | undefined;
  /** Its own number among the endpoint's failures; 0 while it is none. */
  failedAs = 0;
  /** Called if the circuit opens by this attempt's failure. */
  onOpened: (() => void) | undefined = undefined;

  constructor(
    onEnd: (permit: Permit, ending: Ending, error?: CallError) => void,
    generation: number,
    role: AttemptRole,
    startedAfter: number,
    startedAtMs: number | undefined,
  ) {
    this.#onEnd = onEnd;
    this.generation = generation;
    this.role = role;
    this.startedAfter = startedAfter;
    this.startedAtMs = startedAtMs;
  }

  /** The endpoint answered. */
  succeed(): void {
    this.#onEnd(this, 'success');
  }

  /** The endpoint is at fault. A circuit that opens by it stays open for the error's `Retry-After` at least. */
  fail(error?: CallError): void {
    this.#onEnd(this, 'failure', error);
  }

  /** It failed, but it is not known yet whether the endpoint is at fault; `fail` or `release` must follow. */
  withhold(): void {
    this.#onEnd(this, 'withheld');
  }

  /** The attempt counts neither for nor against the endpoint. */
  release(): void {
    this.#onEnd(this, 'ignored');
  }
}

/**
 * Opens the circuit of an endpoint that fails: too large a share of failures, too many in a row, or too many slow
 * replies. It goes by the attempts through a closed circuit.
 *
 * Scope: endpoint.
 */
export class FailureDetector {
  readonly #options: Current<CircuitBreakerOptions>;
  readonly #circuit: Circuit;
  readonly #row = new ConsecutiveFailures();
  readonly #slowCalls: SlowCalls;

  /** @param onSlow called when too many replies are slow */
  constructor(
    options: Current<CircuitBreakerOptions>,
    rotation: EventEmitter,
    circuit: Circuit,
    onSlow: () => void = () => circuit.open(),
  ) {
    this.#options = options;
    this.#circuit = circuit;
    this.#slowCalls = new SlowCalls(options, rotation, onSlow);
  }

  /** Failures so far: the number that an attempt gets which begins now. */
  get failures(): number {
    return this.#row.happened;
  }

  /** The time at which an attempt begins; none where no reply counts as slow. */
  startMs(): number | undefined {
    return this.#slowCalls.startMs();
  }

  /** Whether an attempt that ends now was slow. */
  isSlow({ startedAtMs }: Permit): boolean {
    return this.#slowCalls.isSlow(startedAtMs);
  }

  /** An attempt failed just now; whether it counts may be decided later. */
  happened(permit: Permit): void {
    this.#row.failed(permit);
  }

  /** Its failure counts. */
  failed(permit: Permit, error: CallError | undefined): void {
    const inARow = this.#row.count(permit, error);
    if (inARow >= this.#options.current.circuitConsecutiveFailures) this.#circuit.open();
    else this.#circuit.fail();
  }

  /** It was answered. */
  succeeded(permit: Permit): void {
    this.#row.reset();
    this.#circuit.succeed();
    if (permit.startedAtMs !== undefined) this.#slowCalls.count(this.isSlow(permit));
  }

  /** Forgets what was counted, and holds nothing any more. */
  reset(): void {
    this.#row.reset();
    this.#slowCalls.reset();
  }
}

/**
 * Counts failures without a success in between. Attempts that were under way at the same time count once: a
 * broken connection may fail any number of requests, and is one failure.
 *
 * Scope: endpoint.
 */
class ConsecutiveFailures {
  #count = 0;
  /** Failures so far, whether they counted or not: numbers them in the order in which they happened. */
  #happened = 0;
  #lastCounted = 0;

  /** What an attempt that begins now begins after. */
  get happened(): number {
    return this.#happened;
  }

  /** An attempt failed just now; whether it counts may be decided later. */
  failed(permit: Permit): void {
    if (permit.failedAs > 0) return;
    this.#happened++;
    permit.failedAs = this.#happened;
  }

  /** Counts it, and gives how many there are in a row. */
  count({ startedAfter, failedAs }: Permit, error: CallError | undefined): number {
    // A 500 is a reply: the way to the endpoint works.
    if (error?.status === 500) {
      this.#count = 0;
      return 0;
    }
    if (startedAfter < this.#lastCounted) return this.#count;
    this.#lastCounted = failedAs;
    this.#count++;
    return this.#count;
  }

  reset(): void {
    this.#count = 0;
  }
}

/**
 * Notices an endpoint that replies slowly, with a circuit of its own in which slow replies are failures.
 *
 * Scope: endpoint.
 */
class SlowCalls {
  readonly #options: Current<CircuitBreakerOptions>;
  readonly #rotation: EventEmitter;
  readonly #onTooMany: () => void;
  /** None before the first reply whose time counts. */
  #circuit: Circuit | undefined;

  constructor(options: Current<CircuitBreakerOptions>, rotation: EventEmitter, onTooMany: () => void) {
    this.#options = options;
    this.#rotation = rotation;
    this.#onTooMany = onTooMany;
  }

  /** The time at which an attempt begins; none where no reply counts as slow. */
  startMs(): number | undefined {
    const { circuitSlowCallMs, clock } = this.#options.current;
    return circuitSlowCallMs === Number.POSITIVE_INFINITY ? undefined : clock.now();
  }

  /** Whether an attempt that ends now was slow. */
  isSlow(startedAtMs: number | undefined): boolean {
    const { circuitSlowCallMs, clock } = this.#options.current;
    return startedAtMs !== undefined && clock.now() - startedAtMs > circuitSlowCallMs;
  }

  /** Counts one answer. */
  count(isSlow: boolean): void {
    const limits = () => ({
      minCalls: this.#options.current.circuitMinCalls,
      failureRatio: this.#options.current.circuitSlowRatio,
    });
    this.#circuit ??= new Circuit(limits, this.#rotation, this.#onTooMany);
    if (isSlow) this.#circuit.fail();
    else this.#circuit.succeed();
  }

  /** Forgets what was counted, and holds nothing any more. */
  reset(): void {
    this.#circuit?.shutDown();
    this.#circuit = undefined;
  }
}
