import type { Circumstances } from '../circumstances.ts';
import { type Figures, figuresOf } from '../figures.ts';
import { median } from '../median.ts';
import type { Stack } from './stacks.ts';

/** Medians of Parley's rounds and of those by hand, and how they compare in the same round. `cpuMicros` is that of the gateway and both services. */
export interface Comparison {
  readonly stacks: Readonly<Record<Stack, Figures>>;
  /** Requests per second of Parley, as a multiple of those by hand. */
  readonly timesHand: number;
  /** CPU per request of Parley, as a part of that by hand. */
  readonly cpuOfHand: number;
  /** The 99th percentile of Parley, as a part of that by hand. */
  readonly p99OfHand: number;
}

/** All results of one run. */
export interface Results extends Circumstances {
  readonly rounds: number;
  readonly nginx: string;
  readonly scenarios: Readonly<Record<string, Comparison>>;
}

/** Compares round by round, so that what else the machine did meets both alike. @throws TypeError without a round */
export function compare({ parley, hand }: Readonly<Record<Stack, readonly Figures[]>>): Comparison {
  const [own, others] = [figuresOf(parley), figuresOf(hand)];
  if (!own || !others) throw new TypeError('expected a round of each stack, got none');
  const ratio = (of: keyof Figures) => {
    const ratios = parley.map((round, index) => round[of] / (hand[index]?.[of] ?? Number.NaN));
    return Number(median(ratios).toFixed(4));
  };
  return {
    stacks: { parley: own, hand: others },
    timesHand: ratio('perSecond'),
    cpuOfHand: ratio('cpuMicros'),
    p99OfHand: ratio('p99Ms'),
  };
}
