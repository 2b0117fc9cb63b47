import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** How busy the event loop was, lately. */
export interface EventLoopLoad {
  /** From 0 (only waited) to 1 (only worked). */
  readonly utilization: number;
  /** How long what is ready waits for its turn, in ms: the median, so that one long turn says nothing. */
  readonly delayMs: number;
}

/** Tells how busy the event loop is; at most one look in {@link sampleEveryMs}. */
export type ReadEventLoop = (nowMs: number) => EventLoopLoad;

/** How often load is looked at, in ms. */
export const sampleEveryMs = 100;

/** How often Node itself looks, in ms. It counts this time as delay. */
const resolutionMs = 10;
/** Fewer turns than this say nothing: one of them may be a garbage collection. */
const minTurns = 3;

let reader: ReadEventLoop | undefined;

/** The one reader of this process: all apps share the loop. Costs one native timer that keeps nothing alive. */
export function eventLoopReader(): ReadEventLoop {
  reader ??= startReading();
  return reader;
}

function startReading(): ReadEventLoop {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let before = performance.eventLoopUtilization();
  let sampledMs = performance.now();
  let load: EventLoopLoad = { utilization: 0, delayMs: 0 };
  return function readEventLoop(nowMs) {
    if (nowMs - sampledMs < sampleEveryMs || histogram.count < minTurns) return load;
    const after = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(after, before);
    load = { utilization, delayMs: Math.max(0, histogram.percentile(50) / 1e6 - resolutionMs) };
    histogram.reset();
    before = after;
    sampledMs = nowMs;
    return load;
  };
}
