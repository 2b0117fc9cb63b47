import type { EventEmitter } from 'node:events';
import type { CallError } from '@parley/contract';
import type { Circuit } from './circuit.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';
import { ConsecutiveFailures } from './consecutive-failures.ts';
import type { Permit } from './permit.ts';
import { SlowCalls } from './slow-calls.ts';

/**
 * What the attempts through a closed circuit say against its endpoint: too large a share of failures, too many in a
 * row, or too many slow answers. Any of them opens the circuit.
 *
 * Scope: endpoint.
 */
export class CircuitEvidence {
  readonly #options: CircuitBreakerOptions;
  readonly #circuit: Circuit;
  readonly #inARow = new ConsecutiveFailures();
  readonly #slowCalls: SlowCalls;

  constructor(options: CircuitBreakerOptions, rotation: EventEmitter, circuit: Circuit) {
    this.#options = options;
    this.#circuit = circuit;
    this.#slowCalls = new SlowCalls(options, rotation, () => circuit.open());
  }

  /** Failures so far: what an attempt that begins now begins after. */
  get failures(): number {
    return this.#inARow.happened;
  }

  /** When an attempt begins whose time is to be taken; nothing where slowness is of no interest. */
  startMs(): number | undefined {
    return this.#slowCalls.startMs();
  }

  /** Whether an attempt that ends now was slow. */
  isSlow({ startedAtMs }: Permit): boolean {
    return this.#slowCalls.isSlow(startedAtMs);
  }

  /** An attempt failed just now; whether that counts may be said later. */
  happened(permit: Permit): void {
    this.#inARow.failed(permit);
  }

  /** Its failure counts. */
  failed(permit: Permit, error: CallError | undefined): void {
    const inARow = this.#inARow.count(permit, error);
    if (inARow >= this.#options.circuitConsecutiveFailures) this.#circuit.open();
    else this.#circuit.fail();
  }

  /** It was answered. */
  succeeded(permit: Permit): void {
    this.#inARow.reset();
    this.#circuit.succeed();
    if (permit.startedAtMs !== undefined) this.#slowCalls.count(this.isSlow(permit));
  }

  /** Forgets what was counted, and holds nothing any more. */
  reset(): void {
    this.#inARow.reset();
    this.#slowCalls.reset();
  }
}
