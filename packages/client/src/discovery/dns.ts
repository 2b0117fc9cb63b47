import type { Address } from './address.ts';
import type { DnsResolver } from './dns-resolver.ts';
import type { NameRecord } from './name-records.ts';
import type { Found } from './refreshed.ts';

/** The parts of an address besides the IP address. */
export interface AddressForm {
  readonly scheme: 'http' | 'https';
  readonly port: number | string;
  readonly weight?: number;
}

/** Looks up all addresses of a name, IPv4 and IPv6. They share the weight. */
export async function dns(name: string, form: AddressForm, server: DnsResolver): Promise<Found> {
  const { records, rest, isStale = false } = await server.addressesOf(name);
  const found = { ...foundIn(records, name, form), isStale };
  return rest ? { ...found, rest: rest.then((all) => foundIn(all, name, form)) } : found;
}

function foundIn(records: readonly NameRecord[], name: string, { scheme, port, weight }: AddressForm): Found {
  const addresses = records.map(
    ({ address, family }): Address => ({
      origin: new URL(`${scheme}://${family === 6 ? `[${address}]` : address}:${port}`).origin,
      weight: weight === undefined ? 1 : weight / records.length,
      ...(scheme === 'https' && { serverName: name }),
    }),
  );
  const ttlMs = Math.min(...records.map((record) => record.ttlMs ?? Number.POSITIVE_INFINITY));
  return { addresses, ttlMs };
}
