import { createHash } from 'node:crypto';
import type { Address } from '../discovery/address.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';

/** How many of the endpoints one client uses. */
export type SubsetOptions = Pick<UpstreamOptions, 'subsetSize' | 'clientId'>;

/**
 * Those of many addresses that one client uses, so that a thousand clients do not each keep sockets to a thousand
 * endpoints. Rendezvous hashing: every client ranks the addresses in its own random order and takes the first ones,
 * so that one address more or less changes at most one of them. gRPC A68 (random subsetting).
 */
export function subset(addresses: readonly Address[], { subsetSize, clientId }: SubsetOptions): readonly Address[] {
  if (addresses.length <= subsetSize) return addresses;
  const ranked = addresses.map((address) => ({ address, rank: rankOf(address.origin, clientId) }));
  const chosen = new Set(
    ranked
      .sort((a, b) => b.rank - a.rank)
      .slice(0, subsetSize)
      .map(({ address }) => address),
  );
  return addresses.filter((address) => chosen.has(address));
}

function rankOf(origin: string, clientId: string): number {
  return createHash('sha256').update(`${clientId}\n${origin}`).digest().readUIntBE(0, 6);
}
