import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** One IP address of a name. */
export interface NameRecord {
  readonly address: string;
  readonly family: number;
  /** How long the answer holds; none where the source doesn't say. */
  readonly ttlMs?: number;
}

/** One server of a service, as its SRV record says. */
export interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Answers what addresses a name has, and what servers a service has. */
export interface DnsResolver {
  addressesOf(name: string): Promise<readonly NameRecord[]>;
  serversOf(service: string): Promise<readonly ServiceRecord[]>;
}

/**
 * Asks DNS, which tells how long an answer holds, and then whatever else this machine knows names from:
 * /etc/hosts, search domains.
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
