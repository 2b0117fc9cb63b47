import type { Clock } from '../clock.ts';

/** When an endpoint is left out of choice, and for how long. */
export interface CircuitBreakerOptions {
  /** Attempts and failures are counted over this long. */
  readonly circuitWindowMs: number;
  /** No share is worth an opinion before this many attempts in the window. */
  readonly circuitMinCalls: number;
  /** Opens above this share of failures. Below 1: opossum compares with `>`, so 1 could never be reached. */
  readonly circuitFailureRatio: number;
  /**
   * Opens after this many gateway failures (502, 503, 504, no answer) in a row, whatever their share. Each began
   * after the one before it had ended: what fails at the same time counts once.
   */
  readonly circuitConsecutiveFailures: number;
  /** An answer that took longer is slow. Infinity: none is. */
  readonly circuitSlowCallMs: number;
  /** Opens above this share of slow answers. */
  readonly circuitSlowRatio: number;
  /** Stays open this long before probes; doubled each time that they fail. The last half of it is random. */
  readonly circuitOpenMs: number;
  /** Doubling ends here. */
  readonly circuitMaxOpenMs: number;
  /** Attempts that a half-open circuit lets through; it closes when all have succeeded, and opens when one fails. */
  readonly circuitProbes: number;
  readonly clock: Clock;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
}
