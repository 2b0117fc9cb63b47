import type { Circumstances } from '../circumstances.ts';
import type { Figures } from '../figures.ts';

/** All results of one run: the source of the table, the chart and the README. */
export interface Results extends Circumstances {
  readonly rounds: number;
  /** Scenario → contender → figures. */
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, Figures>>>>;
}
