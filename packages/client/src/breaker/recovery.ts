import type { Current } from '../options/current-options.ts';
import type { CircuitBreakerOptions } from './circuit.ts';

/** The longest `Retry-After` that counts. As Linkerd and Envoy. */
const maxRetryAfterMs = 300_000;

/**
 * How long a circuit stays open: twice as long each time that its probes fail, from `circuitOpenMs` up to
 * `circuitMaxOpenMs`, half of it random (equal jitter), so that callers don't probe all at once. Back to
 * the beginning after it stayed closed for a window.
 *
 * Scope: endpoint.
 */
export class OpenTime {
  readonly #options: Current<CircuitBreakerOptions>;
  #openings = 0;
  #closedAtMs: number | undefined;
  #leastMs = 0;
  #endWait = () => {};

  constructor(options: Current<CircuitBreakerOptions>) {
    this.#options = options;
  }

  /** The endpoint asked for this pause (`Retry-After`): should the circuit open now, it stays open as long, up to 300 s. */
  asked(retryAfterMs: number): void {
    this.#leastMs = retryAfterMs;
  }

  /** The circuit closed. */
  closed(): void {
    this.#closedAtMs = this.#options.current.clock.now();
  }

  /** The circuit opened: calls back when it has been open for long enough. */
  wait(onEnd: () => void): void {
    this.#endWait = this.#options.current.clock.after(this.#openMs(), onEnd, true);
  }

  /** Ends the wait. */
  stop(): void {
    this.#endWait();
  }

  #openMs(): number {
    const { circuitOpenMs, circuitMaxOpenMs, circuitWindowMs, clock, random } = this.#options.current;
    if (this.#closedAtMs !== undefined && clock.now() - this.#closedAtMs >= circuitWindowMs) this.#openings = 0;
    this.#closedAtMs = undefined;
    const halfMs = Math.min(circuitOpenMs * 2 ** this.#openings, circuitMaxOpenMs) / 2;
    this.#openings++;
    return Math.max(halfMs + random() * halfMs, Math.min(this.#leastMs, maxRetryAfterMs));
  }
}

/**
 * The attempts that find out whether an endpoint works again. One without a result after `attemptTimeoutMs` leaves its place to another: its call may
 * wait for minutes. Its result counts all the same.
 */
export class Probes {
  readonly #options: Current<CircuitBreakerOptions>;
  readonly #wanted: number;
  /** Those that hold a place, and what ends its time. */
  readonly #holders = new Map<object, () => void>();
  #succeeded = 0;
  #slow = 0;

  constructor(options: Current<CircuitBreakerOptions>) {
    this.#options = options;
    this.#wanted = options.current.circuitProbes;
  }

  /** Another one is wanted. */
  get mayStart(): boolean {
    return this.#holders.size + this.#succeeded < this.#wanted;
  }

  /** As many as are wanted have succeeded. */
  get isComplete(): boolean {
    return this.#succeeded === this.#wanted;
  }

  /** Share of probes that succeeded slowly. */
  get slowRatio(): number {
    return this.#slow / this.#succeeded;
  }

  start(probe: object): void {
    const { clock, attemptTimeoutMs } = this.#options.current;
    this.#holders.set(
      probe,
      clock.after(attemptTimeoutMs, () => this.release(probe), true),
    );
  }

  succeed(probe: object, isSlow: boolean): void {
    this.release(probe);
    this.#succeeded++;
    if (isSlow) this.#slow++;
  }

  /** A probe has no result: its place is free for another. */
  release(probe: object): void {
    this.#holders.get(probe)?.();
    this.#holders.delete(probe);
  }

  /** No result is awaited any more. */
  end(): void {
    for (const probe of [...this.#holders.keys()]) this.release(probe);
  }
}
