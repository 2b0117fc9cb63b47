import type { Circumstances } from '../circumstances.ts';
import type { Figures } from '../figures.ts';

/** All results of one run: the source of the table, the chart and the README. */
export interface Results extends Circumstances {
  readonly rounds: number;
  /** Scenario → contender → figures; null where the contender cannot do that. */
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, Figures | null>>>>;
  readonly peakRssMb: Readonly<Record<string, number>>;
}
