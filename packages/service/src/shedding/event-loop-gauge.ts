import { type EventLoopUtilization, performance } from 'node:perf_hooks';

const windowMs = 1000;

/**
 * Tells how busy the event loop was lately: the share of time that it didn't wait, from 0 to 1, over a second or since it
 * was last asked, whichever is longer. It looks when it is asked, so that nobody pays for a timer.
 */
export function eventLoopGauge(
  read: () => EventLoopUtilization = () => performance.eventLoopUtilization(),
  nowMs: () => number = () => performance.now(),
): () => number {
  let last = read();
  let lastMs = nowMs();
  let utilization = 0;
  return function eventLoopGauge() {
    const currentMs = nowMs();
    if (currentMs - lastMs < windowMs) return utilization;
    const current = read();
    utilization = performance.eventLoopUtilization(current, last).utilization;
    last = current;
    lastMs = currentMs;
    return utilization;
  };
}
