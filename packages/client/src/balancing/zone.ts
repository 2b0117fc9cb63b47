import type { Endpoint } from '../endpoint/endpoint.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';

/** Where the caller is. */
export type ZoneOptions = Pick<UpstreamOptions, 'zone'>;

/** The endpoints that may be chosen, parted by zone. */
export interface ZoneSplit {
  readonly own: readonly Endpoint[];
  readonly others: readonly Endpoint[];
  /** Share of the attempts that stay in the own zone, from 0 to 1. */
  readonly ownShare: number;
}

/** With fewer endpoints zones do not count. Envoy's `min_cluster_size`. */
const fewestEndpoints = 6;
/** A zone is unhealthy below this share of endpoints that may be chosen. The inverse of Envoy's overprovisioning factor of 140 %. */
const leastAdmitting = 0.7;

/**
 * Keeps attempts in the caller's zone, after Envoy's zone aware routing. Zones do not count with fewer than 6
 * endpoints, without an endpoint in the zone, or when less than 70 % of the zone's endpoints may be chosen. Otherwise
 * the zone's share of the weight decides: with a fair share (one third of three zones) or more, all attempts stay. With
 * less, the zone gets what it would get if callers were spread evenly over the zones.
 *
 * @param all every endpoint; `admitting`: those of them that may be chosen
 * @returns none where zones do not matter
 */
export function zoneSplit(
  zone: string | undefined,
  all: readonly Endpoint[],
  admitting: readonly Endpoint[],
): ZoneSplit | undefined {
  if (zone === undefined || all.length < fewestEndpoints) return undefined;
  const own = admitting.filter((endpoint) => endpoint.zone === zone);
  const known = all.filter((endpoint) => endpoint.zone === zone).length;
  if (own.length === 0 || own.length < known * leastAdmitting) return undefined;
  const others = admitting.filter((endpoint) => endpoint.zone !== zone);
  const zones = new Set(all.map((endpoint) => endpoint.zone)).size;
  const ownShare = others.length === 0 ? 1 : (weightOf(own) / weightOf(admitting)) * zones;
  return { own, others, ownShare: Math.min(1, ownShare) };
}

function weightOf(endpoints: readonly Endpoint[]): number {
  return endpoints.reduce((sum, { load }) => sum + load.weight, 0);
}
