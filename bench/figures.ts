import { median } from './median.ts';

/** One contender in one scenario. */
export interface Figures {
  readonly perSecond: number;
  /** User and system time of the whole process that is compared, garbage collection included. */
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * CPU of one contender as a multiple of another's: the median of the ratios of the rounds in which both took their turn. So what
 * else the machine did meets both alike.
 */
export function cpuRatio(rounds: readonly Figures[], base: readonly Figures[]): number {
  const ratios = rounds.flatMap(({ cpuMicros }, round) => (base[round] ? [cpuMicros / base[round].cpuMicros] : []));
  return Number(median(ratios).toFixed(4));
}

/** Medians of the rounds, each figure by itself; null where there was no round. */
export function figuresOf(rounds: readonly Figures[]): Figures | null {
  if (rounds.length === 0) return null;
  const middle = (of: keyof Figures, digits: number) =>
    Number(median(rounds.map((round) => round[of])).toFixed(digits));
  return {
    perSecond: middle('perSecond', 0),
    cpuMicros: middle('cpuMicros', 1),
    p50Ms: middle('p50Ms', 3),
    p99Ms: middle('p99Ms', 3),
  };
}
