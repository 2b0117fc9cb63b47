import type { Circumstances } from '../circumstances.ts';
import type { Figures } from '../figures.ts';

/** Everything that one run gave: what the table, the chart and the README are made from. */
export interface Results extends Circumstances {
  readonly rounds: number;
  /** Scenario → contender → figures. */
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, Figures>>>>;
}
