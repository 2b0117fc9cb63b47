import type { Clock } from '../time/clock.ts';

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

const defaults: Omit<CircuitBreakerOptions, 'clock' | 'random'> = {
  circuitWindowMs: 10_000,
  circuitMinCalls: 10,
  circuitFailureRatio: 0.5,
  circuitConsecutiveFailures: 5,
  circuitSlowCallMs: Number.POSITIVE_INFINITY,
  circuitSlowRatio: 0.8,
  circuitOpenMs: 1_000,
  circuitMaxOpenMs: 30_000,
  circuitProbes: 5,
};

const bounds = {
  circuitWindowMs: [1_000, 600_000],
  circuitMinCalls: [1, 1_000_000],
  circuitFailureRatio: [0.01, 0.99],
  circuitConsecutiveFailures: [1, 1_000_000],
  circuitSlowCallMs: [1, Number.POSITIVE_INFINITY],
  circuitSlowRatio: [0.01, 0.99],
  circuitOpenMs: [1, 600_000],
  circuitMaxOpenMs: [1, 600_000],
  circuitProbes: [1, 1_000],
} as const;

/** What holds where nothing else is said, and smallest and largest value per number. */
export const circuits = { defaults, bounds };
