import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type NameAnswer, NameRecords } from './name-records.ts';

/** One server of a service, from its SRV record. */
export interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Looks up the addresses of a name, and the servers of a service. */
export interface DnsResolver {
  addressesOf(name: string): Promise<NameAnswer>;
  serversOf(service: string): Promise<readonly ServiceRecord[]>;
}

/** Names whose records are kept. The targets of a service's SRV records may have new names again and again. */
const maxNames = 1_000;

/**
 * Asks DNS, whose records have a time to live, and then the other sources of this machine: /etc/hosts, search domains.
 */
export function systemDnsResolver(resolver: Resolver = new Resolver({ timeout: 1_000, tries: 2 })): DnsResolver {
  const names = new Map<string, NameRecords>();
  const recordsOf = (name: string) => {
    const known = names.get(name) ?? new NameRecords(resolver, name);
    if (names.size >= maxNames) names.clear();
    names.set(name, known);
    return known;
  };
  return {
    async addressesOf(name) {
      if (isIP(name) || name === 'localhost') return { records: await lookup(name, { all: true }) };
      const answer = await recordsOf(name)
        .ask()
        .catch(() => undefined); // the next source has an error of its own
      if (answer && answer.records.length > 0) return answer;
      return { records: await lookup(name, { all: true }) };
    },
    serversOf: (service) => resolver.resolveSrv(service),
  };
}
