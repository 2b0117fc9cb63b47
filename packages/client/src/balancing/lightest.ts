import type { Endpoint } from '../endpoint.ts';

/** An endpoint of which nothing is known but that it has something to do: only others like it are as busy. */
const unknownLoad = 1e9;
/** Averages below this are the noise of event loops and timers. */
const shortestMs = 1;
/** Averages within this factor of the fastest count as equal: noise would otherwise send almost all to one. */
const equalWithin = 2;

/**
 * The one with the least to do for its capacity; one of several that are equal by chance, in proportion to it.
 *
 * The load is Finagle's, `latency × (in flight + 1) / capacity`, with latencies relative to the fastest and
 * counted from what that one is when idle: `(latency / fastest × (in flight + 1) − 1) / capacity`. Equally fast ones
 * are thus compared by what they have in flight alone, and a slow one is as busy when idle as a fast one
 * that has so much in flight that it would take as long. One without history comes first until it has
 * an attempt to learn from, and then last until that one has ended.
 *
 * @param endpoints few of them
 */
export function lightest(endpoints: readonly Endpoint[], now: number, random: () => number): Endpoint | undefined {
  const fastestMs = fastest(endpoints, now);
  let chosen: Endpoint | undefined;
  let least = Number.POSITIVE_INFINITY;
  let capacities = 0;
  for (const endpoint of endpoints) {
    const capacity = endpoint.load.capacityAt(now);
    const load = loadOf(endpoint, capacity, fastestMs, now);
    if (load > least) continue;
    capacities = load < least ? capacity : capacities + capacity;
    if (load < least || random() * capacities >= capacities - capacity) chosen = endpoint;
    least = load;
  }
  return chosen;
}

/** In ms; infinite where no latency is known. */
function fastest(endpoints: readonly Endpoint[], now: number): number {
  let ms = Number.POSITIVE_INFINITY;
  for (const { load } of endpoints) if (load.latency.isKnown) ms = Math.min(ms, load.latency.at(now));
  return Math.max(ms, shortestMs);
}

function loadOf({ load }: Endpoint, capacity: number, fastestMs: number, now: number): number {
  const { inFlight, latency } = load;
  const ratio = latency.at(now) / fastestMs;
  if (ratio > equalWithin) return (ratio * (inFlight + 1) - 1) / capacity;
  if (latency.isKnown || fastestMs === Number.POSITIVE_INFINITY) return inFlight / capacity;
  return load.isAwaited ? unknownLoad + inFlight : -1;
}
