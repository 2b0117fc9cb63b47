import type { Address } from './address.ts';
import type { DnsResolver } from './dns-resolver.ts';
import type { Found } from './refreshed.ts';

/** The parts of an address besides the IP address. */
export interface AddressForm {
  readonly scheme: 'http' | 'https';
  readonly port: number | string;
  readonly weight?: number;
}

/** Looks up all addresses of a name, IPv4 and IPv6. They share the weight. */
export async function dns(name: string, { scheme, port, weight }: AddressForm, server: DnsResolver): Promise<Found> {
  const records = await server.addressesOf(name);
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
