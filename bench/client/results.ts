import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import type { Measurement } from './measurement.ts';

/** A contender in a scenario: medians over all rounds. */
export type Figures = Omit<Measurement, 'calls'>;

/** Everything that one run gave: what the table, the chart and the README are made from. */
export interface Results {
  readonly commit: string;
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly isPinned: boolean };
  readonly rounds: number;
  /** Scenario → contender → figures; null where the contender cannot do that. */
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, Figures | null>>>>;
  readonly peakRssMb: Readonly<Record<string, number>>;
}

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? Number.NaN, sorted[Math.floor(middle)] ?? Number.NaN];
  return (low + high) / 2;
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

/** Where and when a run was made. */
export function circumstances(isPinned: boolean): Pick<Results, 'commit' | 'date' | 'machine'> {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--', 'packages', 'bench/client') !== '';
  const [cpu] = cpus();
  return {
    commit: git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with changes' : ''),
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpu?.model ?? 'unknown', cores: cpus().length, node: process.version, isPinned },
  };
}
