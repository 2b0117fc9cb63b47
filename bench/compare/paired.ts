import { median } from '../median.ts';

/** How a cost changed, from rounds in which both sides took their turn. */
export interface Change {
  readonly baseMicros: number;
  readonly nowMicros: number;
  /** Median of the rounds' ratios, now to base: 1.02 is 2 % dearer. */
  readonly ratio: number;
  /** The interval in which the true median lies with 95 %, by the ranks of the ratios (binomial, normal approximation). */
  readonly low: number;
  readonly high: number;
}

/** A round's CPU time per call, in µs, on both sides. */
export interface Pair {
  readonly base: number;
  readonly now: number;
}

/** Compares by pairs, so that what else the machine does meets both sides alike. */
export function changeOf(pairs: readonly Pair[]): Change {
  const ratios = pairs.map(({ base, now }) => now / base).sort((a, b) => a - b);
  const reach = 0.98 * Math.sqrt(ratios.length);
  const at = (rank: number) => ratios[Math.min(ratios.length - 1, Math.max(0, rank))] ?? Number.NaN;
  return {
    baseMicros: median(pairs.map(({ base }) => base)),
    nowMicros: median(pairs.map(({ now }) => now)),
    ratio: median(ratios),
    low: at(Math.floor(ratios.length / 2 - reach)),
    high: at(Math.ceil(ratios.length / 2 + reach) - 1),
  };
}

/** What is slower than allowed even at the low end of its interval. */
export function isSlower({ low }: Change, allowed: number): boolean {
  return low > allowed;
}
