import type { Circumstances } from '../circumstances.ts';
import type { Figures } from '../figures.ts';

/** Figures of a contender, and its CPU as a multiple of that of each baseline that took part. */
export interface Compared extends Figures {
  readonly cpuRatios: Readonly<Partial<Record<Baseline, number>>>;
}

/** What others are compared with. */
export const baselines = { express: 'Express, bare', fastify: 'Fastify + the same plugins' } as const;

/** Short name of a baseline. */
export type Baseline = keyof typeof baselines;

/** Short names of all baselines, in the order of their columns. */
export const baselineNames = Object.keys(baselines) as readonly Baseline[];

/** All results of one run: the source of the table, the chart and the README. */
export interface Results extends Circumstances {
  readonly rounds: number;
  /** Scenario → contender → figures. */
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, Compared>>>>;
}
