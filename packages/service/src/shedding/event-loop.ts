import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** How busy the event loop was lately. */
export interface EventLoopLoad {
  /** Share of the last sample (100 ms or more) in which the loop worked, from 0 (only waited) to 1 (only worked). */
  readonly utilization: number;
  /** The same share of the last second, or of the time since the last look if that is longer. */
  readonly lastSecond: number;
  /** How long a ready callback waits for its turn, in ms: the median, so that one long turn has no effect. */
  readonly delayMs: number;
}

/** Reads how busy the event loop is, at `nowMs` of `performance.now()`. Takes at most one sample in {@link sampleEveryMs}. */
export type ReadEventLoop = (nowMs: number) => EventLoopLoad;

/** What a reader measures by. */
export interface EventLoopSources {
  readonly utilization: () => EventLoopUtilization;
  readonly delays: { readonly count: number; percentile(percentile: number): number; reset(): void };
  readonly startMs: number;
}

/** Shortest time between two samples, in ms. */
export const sampleEveryMs = 100;

/** How often Node itself samples delays, in ms. It counts this time as delay. */
const resolutionMs = 10;
/** With fewer turns than this a sample may be one garbage collection. */
const minTurns = 3;
const secondMs = 1000;

let reader: ReadEventLoop | undefined;

/** The one reader of this process: all apps share the loop. It costs one native timer that keeps nothing alive. */
export function eventLoopReader(): ReadEventLoop {
  reader ??= startReading();
  return reader;
}

function startReading(): ReadEventLoop {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  return readEventLoopBy({ utilization: () => performance.eventLoopUtilization(), delays, startMs: performance.now() });
}

/** Makes a reader. It samples when it is called, so that an idle service pays for no timer. */
export function readEventLoopBy({ utilization, delays, startMs }: EventLoopSources): ReadEventLoop {
  let before = utilization();
  let sampledMs = startMs;
  let secondBefore = before;
  let secondStartMs = startMs;
  let load: EventLoopLoad = { utilization: 0, lastSecond: 0, delayMs: 0 };
  return function readEventLoop(nowMs) {
    if (nowMs - sampledMs < sampleEveryMs) return load;
    const after = utilization();
    if (nowMs - secondStartMs >= secondMs) {
      load = { ...load, lastSecond: performance.eventLoopUtilization(after, secondBefore).utilization };
      secondBefore = after;
      secondStartMs = nowMs;
    }
    if (delays.count < minTurns) return load;
    load = {
      ...load,
      utilization: performance.eventLoopUtilization(after, before).utilization,
      delayMs: Math.max(0, delays.percentile(50) / 1e6 - resolutionMs),
    };
    delays.reset();
    before = after;
    sampledMs = nowMs;
    return load;
  };
}
