import type { Circumstances } from '../circumstances.ts';

/** A contender in a scenario: medians over all rounds. */
export interface Figures {
  readonly perSecond: number;
  /** CPU of the server's process, per request. */
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Everything that one run gave: what the table, the chart and the README are made from. */
export interface Results extends Circumstances {
  readonly rounds: number;
  /** Scenario → contender → figures. */
  readonly scenarios: Readonly<Record<string, Readonly<Record<string, Figures>>>>;
}
