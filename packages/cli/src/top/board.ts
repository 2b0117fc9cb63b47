import { type Growth, growth, type Rates, ratesOf } from '../metrics/rates.ts';
import type { ReplicaSample } from '../metrics/replica-sample.ts';
import type { Silence } from '../metrics/scrape.ts';
import type { ReplicaState } from '../operators/probe.ts';
import { byService, type SystemReplica } from '../systems/system.ts';

/** What the board shows of a replica, or of a service as a whole. */
export interface BoardFigures extends Rates {
  readonly inFlight: number;
  /** Requests that may be in flight at once. */
  readonly limit: number;
  readonly openCircuits: number;
}

/** One replica on the board. */
export interface BoardReplica extends BoardFigures {
  readonly name: string;
  readonly state: ReplicaState;
  /** How long ago another process took its place; undefined where none did within the last 10 s. */
  readonly restartedMsAgo: number | undefined;
}

/** One service on the board. */
export interface BoardService extends BoardFigures {
  readonly name: string;
  readonly ready: number;
  readonly replicas: readonly BoardReplica[];
}

/** What one replica answered. */
export interface Answer {
  readonly replica: SystemReplica;
  readonly scraped: ReplicaSample | Silence;
}

interface Known {
  readonly samples: readonly ReplicaSample[];
  readonly restartedAtMs: number | undefined;
}

/** Percentiles cover this time: a second has too few requests. */
const windowMs = 10_000;

/** Remembers what replicas answered, and makes of it what `parley top` shows. */
export class Board {
  readonly #known = new Map<string, Known>();

  /** Takes what each replica answered now, and shows how all stand. */
  look(answers: readonly Answer[], nowMs: number): readonly BoardService[] {
    const replicas = answers.map(({ replica, scraped }) => {
      const known = this.#remember(replica.name, scraped, nowMs);
      return { ...replica, shown: shown(replica, scraped, known, nowMs), growths: growthsOf(known.samples, nowMs) };
    });
    return [...byService(replicas)].map(([name, all]) => {
      const seen = all as typeof replicas;
      const figures = seen.map(({ shown }) => shown);
      const total = (of: (figures: BoardFigures) => number) => figures.reduce((sum, one) => sum + of(one), 0);
      return {
        name,
        ready: figures.filter(({ state }) => state === 'ready').length,
        ...ratesOf(
          seen.flatMap(({ growths }) => growths.recent),
          seen.flatMap(({ growths }) => growths.window),
        ),
        inFlight: total(({ inFlight }) => inFlight),
        limit: total(({ limit }) => limit),
        openCircuits: total(({ openCircuits }) => openCircuits),
        replicas: figures,
      };
    });
  }

  #remember(name: string, scraped: ReplicaSample | Silence, nowMs: number): Known {
    const before = this.#known.get(name) ?? { samples: [], restartedAtMs: undefined };
    if (typeof scraped === 'string') return before;
    const last = before.samples.at(-1);
    const isNew = last !== undefined && last.startedAtS !== scraped.startedAtS;
    const known: Known = {
      // One more than the window holds: growth begins there.
      samples: [...before.samples.slice(-Math.ceil(windowMs / 1_000)), scraped],
      restartedAtMs: isNew ? nowMs : before.restartedAtMs,
    };
    this.#known.set(name, known);
    return known;
  }
}

interface Growths {
  readonly recent: readonly Growth[];
  readonly window: readonly Growth[];
}

function growthsOf(samples: readonly ReplicaSample[], nowMs: number): Growths {
  const [last, previous] = [samples.at(-1), samples.at(-2)];
  // After two looks without an answer the last figures are too old.
  if (!last || !previous || nowMs - last.atMs > 2_000) return { recent: [], window: [] };
  const window = samples.slice(1).map((sample, at) => growth(samples[at] as ReplicaSample, sample));
  return { recent: [growth(previous, last)], window };
}

function shown(replica: SystemReplica, scraped: ReplicaSample | Silence, known: Known, nowMs: number): BoardReplica {
  const { recent, window } = growthsOf(known.samples, nowMs);
  const { inFlight, limit, openCircuits } =
    typeof scraped === 'string' ? { inFlight: 0, limit: 0, openCircuits: 0 } : scraped;
  const ago = known.restartedAtMs === undefined ? undefined : nowMs - known.restartedAtMs;
  return {
    name: replica.name,
    state: stateOf(replica, scraped),
    restartedMsAgo: ago !== undefined && ago <= windowMs ? ago : undefined,
    ...ratesOf(recent, window),
    inFlight,
    limit,
    openCircuits,
  };
}

function stateOf({ isDead, operators, pid }: SystemReplica, scraped: ReplicaSample | Silence): ReplicaState {
  if (isDead) return 'down';
  if (operators === undefined) return 'unknown';
  if (scraped === 'timeout') return 'hung';
  if (scraped === 'refused') return pid === undefined ? 'down' : 'starting';
  return scraped.isDraining ? 'draining' : 'ready';
}
