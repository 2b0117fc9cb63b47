import type { Circumstances } from '../circumstances.ts';
import type { Figures } from '../figures.ts';

/** Everything that one run gave: what the table, the chart and the README are made from. */
export interface Results extends Circumstances {
  readonly rounds: number;
  /** Scenario → contender → figures; null where the contender cannot do that. */
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, Figures | null>>>>;
  readonly peakRssMb: Readonly<Record<string, number>>;
}
