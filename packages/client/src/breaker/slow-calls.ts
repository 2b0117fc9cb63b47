import type { EventEmitter } from 'node:events';
import { Circuit } from './circuit.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';

/**
 * Notices an endpoint that answers, but slowly: a circuit of its own, to which slow answers are failures.
 *
 * Scope: endpoint.
 */
export class SlowCalls {
  readonly #options: CircuitBreakerOptions;
  readonly #rotation: EventEmitter;
  readonly #onTooMany: () => void;
  /** None before the first answer whose time was taken. */
  #circuit: Circuit | undefined;

  constructor(options: CircuitBreakerOptions, rotation: EventEmitter, onTooMany: () => void) {
    this.#options = options;
    this.#rotation = rotation;
    this.#onTooMany = onTooMany;
  }

  /** When an attempt begins whose time is to be taken; nothing where slowness is of no interest. */
  startMs(): number | undefined {
    const { circuitSlowCallMs, clock } = this.#options;
    return circuitSlowCallMs === Number.POSITIVE_INFINITY ? undefined : clock.now();
  }

  /** Whether an attempt that ends now was slow. */
  isSlow(startedAtMs: number | undefined): boolean {
    const { circuitSlowCallMs, clock } = this.#options;
    return startedAtMs !== undefined && clock.now() - startedAtMs > circuitSlowCallMs;
  }

  /** Counts one answer. */
  count(isSlow: boolean): void {
    const limits = () => ({ minCalls: this.#options.circuitMinCalls, failureRatio: this.#options.circuitSlowRatio });
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
