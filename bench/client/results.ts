import type { Circumstances } from '../circumstances.ts';
import { median } from '../median.ts';
import type { Measurement } from './measurement.ts';

/** A contender in a scenario: medians over all rounds. */
export type Figures = Omit<Measurement, 'calls'>;

/** Everything that one run gave: what the table, the chart and the README are made from. */
export interface Results extends Circumstances {
  readonly rounds: number;
  /** Scenario → contender → figures; null where the contender cannot do that. */
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, Figures | null>>>>;
  readonly peakRssMb: Readonly<Record<string, number>>;
}

/** Medians of the rounds, each figure by itself; null where there was no round. */
export function figuresOf(rounds: readonly Measurement[]): Figures | null {
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
