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

/** Below so many endpoints zones are not looked at. Envoy's `min_cluster_size`. */
const fewestEndpoints = 6;
/** Below this share of admitting endpoints a zone is not well. Envoy's overprovisioning factor of 140 %, the other way round. */
const leastAdmitting = 0.7;

/**
 * Keeps attempts in the caller's zone, after Envoy's zone aware routing. Not at all where fewer than 6 endpoints are
 * known, none of them is in the zone, or less than 70 % of those in it admit. Else by the zone's part of the weight
 * of all that admit: where it is a fair one (one third, with three zones) or more, all attempts stay; where it
 * is less, so many as the zone would get if the callers, too, were spread evenly over the zones.
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
