import type { Circumstances } from '../circumstances.ts';
import type { Figures } from '../figures.ts';
import { median } from '../median.ts';
import type { Way } from './ways.ts';

/** One round of one way. `cpuMicros` is that of the gateway alone; 0 where there is none. */
export interface WayFigures extends Figures {
  /** CPU of the replica per request. */
  readonly replicaCpuMicros: number;
}

/** Medians of one way, and how it compares with others in the same round. */
export interface ComparedWay extends WayFigures {
  /** Requests per second as a multiple of bare `proxy_pass`. */
  readonly timesBare?: number;
  /** What the median request takes longer than one to the replica itself. */
  readonly addedP50Ms?: number;
}

/** All results of one run. */
export interface Results extends Circumstances {
  readonly rounds: number;
  /** nginx 1.22.1, HAProxy 2.6.12, … */
  readonly versions: Readonly<Partial<Record<Way, string>>>;
  /** Scenario → way → figures. */
  readonly scenarios: Readonly<Record<string, Readonly<Partial<Record<Way, ComparedWay>>>>>;
}

/** Medians of all rounds. Comparisons are made round by round, so that what else the machine did meets both sides alike. */
export function compare(seen: ReadonlyMap<Way, readonly WayFigures[]>): Partial<Record<Way, ComparedWay>> {
  const [bare, direct] = [seen.get('bare'), seen.get('direct')];
  return Object.fromEntries(
    [...seen].map(([way, rounds]) => {
      const middle = (of: (figures: WayFigures, round: number) => number, digits: number) =>
        Number(median(rounds.map(of)).toFixed(digits));
      const compared: ComparedWay = {
        perSecond: middle((one) => one.perSecond, 0),
        cpuMicros: middle((one) => one.cpuMicros, 1),
        replicaCpuMicros: middle((one) => one.replicaCpuMicros, 1),
        p50Ms: middle((one) => one.p50Ms, 3),
        p99Ms: middle((one) => one.p99Ms, 3),
        ...(bare && { timesBare: middle((one, round) => one.perSecond / (bare[round]?.perSecond ?? Number.NaN), 3) }),
        ...(direct && { addedP50Ms: middle((one, round) => one.p50Ms - (direct[round]?.p50Ms ?? Number.NaN), 3) }),
      };
      return [way, compared];
    }),
  );
}
