import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** One IP address of a name. */
export interface NameRecord {
  readonly address: string;
  readonly family: number;
  /** How long the record is valid, in ms; none if the source doesn't tell. */
  readonly ttlMs?: number;
}

/** One server of a service, from its SRV record. */
export interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Looks up the addresses of a name, and the servers of a service. */
export interface DnsResolver {
  addressesOf(name: string): Promise<readonly NameRecord[]>;
  serversOf(service: string): Promise<readonly ServiceRecord[]>;
}

/**
 * Asks DNS, whose records have a time to live, and then the other sources of this machine: /etc/hosts, search domains.
 */
export function systemDnsResolver(resolver: Resolver = new Resolver({ timeout: 1_000, tries: 2 })): DnsResolver {
  return {
    async addressesOf(name) {
      const found = isIP(name) || name === 'localhost' ? [] : await byDns(resolver, name);
      return found.length > 0 ? found : lookup(name, { all: true });
    },
    serversOf: (service) => resolver.resolveSrv(service),
  };
}

async function byDns(resolver: Resolver, name: string): Promise<readonly NameRecord[]> {
  const answers = await Promise.allSettled([
    resolver.resolve4(name, { ttl: true }),
    resolver.resolve6(name, { ttl: true }),
  ]);
  return answers.flatMap((answer, index) => {
    if (answer.status === 'rejected') return [];
    return answer.value.map(({ address, ttl }) => ({ address, family: index === 0 ? 4 : 6, ttlMs: ttl * 1_000 }));
  });
}
