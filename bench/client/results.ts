import type { Circumstances } from '../circumstances.ts';
import type { Figures } from '../figures.ts';

/** What others are compared with, by the CPU of a call. */
export const baselines = {
  ours: '@parley/client',
  undici: 'undici.request',
  undiciWithHeaders: 'undici.request + our headers',
} as const;

/** Short name of a baseline. */
export type Baseline = keyof typeof baselines;

/** Figures of a contender, and its CPU as a multiple of others': medians of the ratios of the rounds in which both took their turn. */
export interface Compared extends Figures {
  /** Of each baseline that took part. */
  readonly cpuRatios: Readonly<Partial<Record<Baseline, number>>>;
  /** Of itself with the fewest endpoints, where it was asked to call different numbers of them. */
  readonly cpuOfFewest?: number;
}

/** All results of one run: the source of the table, the chart and the README. */
export interface Results extends Circumstances {
  readonly rounds: number;
  /** Scenario → contender → figures; null where the contender cannot do that. */
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, Compared | null>>>>;
  readonly peakRssMb: Readonly<Record<string, number>>;
}
