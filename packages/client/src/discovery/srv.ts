import { dns } from './dns.ts';
import type { DnsResolver, ServiceRecord } from './dns-resolver.ts';
import type { Found } from './refreshed.ts';

/**
 * Looks up the servers of a service by its SRV records (RFC 2782): those of the lowest priority, with their
 * weights; those of the next one where none of the first has an address. A server whose look-up fails keeps its last known
 * addresses.
 *
 * @throws Error of the name server, where no server has an address
 */
export async function srv(service: string, scheme: 'http' | 'https', server: DnsResolver): Promise<Found> {
  const groups = Map.groupBy(await server.serversOf(service), ({ priority }) => priority);
  let failure: unknown;
  for (const priority of [...groups.keys()].sort((a, b) => a - b)) {
    const answers = await Promise.allSettled((groups.get(priority) ?? []).map(lookUp));
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    if (found.some(({ addresses }) => addresses.length > 0)) return together(found);
    failure ??= answers.find(({ status }) => status === 'rejected');
  }
  if (failure) throw (failure as PromiseRejectedResult).reason;
  return { addresses: [] };

  function lookUp({ name, port, weight }: ServiceRecord): Promise<Found> {
    // Weight 0 means hardly any, not never.
    return dns(name, { scheme, port, weight: Math.max(weight, 0.1) }, server);
  }
}

function together(found: readonly Found[]): Found {
  const all = {
    addresses: found.flatMap(({ addresses }) => addresses),
    isStale: found.every(({ isStale }) => isStale),
  };
  if (!found.some(({ rest }) => rest)) return all;
  return { ...all, rest: Promise.all(found.map((one) => one.rest ?? one)).then(together) };
}
