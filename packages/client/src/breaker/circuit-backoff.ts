import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';

/** A server that asks for more is not believed. As Linkerd and Envoy. */
const maxRetryAfterMs = 300_000;

/**
 * How long a circuit stays open: twice as long each time that its probes fail, from `circuitOpenMs` up to
 * `circuitMaxOpenMs`, half of it random (equal jitter), so that callers don't probe all at once. Back to
 * the beginning after it stayed closed for a window.
 *
 * Scope: endpoint.
 */
export class CircuitBackoff {
  readonly #options: CircuitBreakerOptions;
  #openings = 0;
  #closedAtMs: number | undefined;
  #leastMs = 0;
  #endWait = () => {};

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /** The endpoint wants to be left alone for so long, up to 300 s, should the circuit open now. */
  asked(retryAfterMs: number): void {
    this.#leastMs = retryAfterMs;
  }

  /** The circuit closed. */
  closed(): void {
    this.#closedAtMs = this.#options.clock.now();
  }

  /** The circuit opened: calls back when it has been open for long enough. */
  wait(onEnd: () => void): void {
    this.#endWait = this.#options.clock.after(this.#openMs(), onEnd, true);
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#endWait();
  }

  #openMs(): number {
    const { circuitOpenMs, circuitMaxOpenMs, circuitWindowMs, clock, random } = this.#options;
    if (this.#closedAtMs !== undefined && clock.now() - this.#closedAtMs >= circuitWindowMs) this.#openings = 0;
    this.#closedAtMs = undefined;
    const halfMs = Math.min(circuitOpenMs * 2 ** this.#openings, circuitMaxOpenMs) / 2;
    this.#openings++;
    return Math.max(halfMs + random() * halfMs, Math.min(this.#leastMs, maxRetryAfterMs));
  }
}
