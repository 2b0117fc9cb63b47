import type { ScoredEndpoint } from '@parley/contract';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EndpointLoad } from '../endpoint/endpoint-load.ts';

/** The cost of an endpoint without history, before its first attempt. */
const untriedCost = 0;
/** The cost of an endpoint without history, while its first attempt is under way: Finagle's penalty. */
const awaitedCost = 1e9;
/** Averages below this are the noise of event loops and timers. */
const shortestMs = 1;
/** Averages within this factor of the fastest count as equal: noise would otherwise send almost all to one. */
const equalWithin = 2;

/**
 * The endpoint with the least to do for its speed and capacity: the lowest `latency × (in flight + 1) / capacity`, as in
 * Finagle. Of idle ones that count as equally fast it is one by chance, in proportion to capacity: otherwise the
 * largest would get all as long as calls come one by one. One without history comes first until it has an
 * attempt to learn from, and then last until that one has ended.
 *
 * @param endpoints few of them: all are looked at
 */
export function leastLoaded(endpoints: readonly Endpoint[], now: number, random: () => number): Endpoint | undefined {
  if (endpoints.length === 1) return endpoints[0];
  const fastestMs = fastest(endpoints, now);
  let idle: Endpoint | undefined;
  let [idleScore, idleCapacity] = [Number.POSITIVE_INFINITY, 0];
  let best: Endpoint | undefined;
  let [bestScore, equals] = [Number.POSITIVE_INFINITY, 0];
  for (const endpoint of endpoints) {
    const capacity = endpoint.load.capacityAt(now);
    const cost = costOf(endpoint.load, fastestMs, now);
    const score = (cost * (endpoint.load.inFlight + 1)) / capacity;
    if (cost === 1 && endpoint.load.inFlight === 0) {
      idleScore = Math.min(idleScore, score);
      idleCapacity += capacity;
      if (random() * idleCapacity >= idleCapacity - capacity) idle = endpoint;
    } else if (score <= bestScore) {
      equals = score < bestScore ? 1 : equals + 1;
      bestScore = score;
      if (random() * equals >= equals - 1) best = endpoint;
    }
  }
  return bestScore < idleScore ? best : idle;
}

/** What {@link leastLoaded} compares, for people to read. */
export function scores(endpoints: readonly Endpoint[], now: number): readonly ScoredEndpoint[] {
  const fastestMs = fastest(endpoints, now);
  return endpoints.map(({ address, load }) => {
    const score = (costOf(load, fastestMs, now) * (load.inFlight + 1)) / load.capacityAt(now);
    return { endpoint: address, score };
  });
}

/** In ms; infinite where no latency is known. */
function fastest(endpoints: readonly Endpoint[], now: number): number {
  let ms = Number.POSITIVE_INFINITY;
  for (const { load } of endpoints) if (load.latency.isKnown) ms = Math.min(ms, load.latency.at(now));
  return Math.max(ms, shortestMs);
}

/** Its latency as a multiple of the fastest one's: 1 for all that count as equally fast, and for all where latency does not count. */
function costOf({ latency, isAwaited, isByLatency }: EndpointLoad, fastestMs: number, now: number): number {
  if (!isByLatency) return 1;
  const ratio = latency.at(now) / fastestMs;
  if (ratio > equalWithin) return ratio;
  if (latency.isKnown || fastestMs === Number.POSITIVE_INFINITY) return 1;
  return isAwaited ? awaitedCost : untriedCost;
}
