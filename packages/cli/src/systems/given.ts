import { CliError } from '../cli-error.ts';
import type { System, SystemReplica } from './system.ts';

/**
 * The system of operators' ports that the command line names (`--admin URL`). Replicas are numbered in their order.
 *
 * @param serviceAt asks a port for the name of its service
 * @throws CliError for an address that is none
 */
export async function givenSystem(
  urls: readonly string[],
  serviceAt: (operators: string) => Promise<string | undefined>,
): Promise<System> {
  const addresses = urls.map(operatorsUrl);
  const services = await Promise.all(addresses.map(serviceAt));
  const counts = new Map<string, number>();
  const replicas = addresses.map((operators, at): SystemReplica => {
    const service = services[at] ?? new URL(operators).host;
    const count = (counts.get(service) ?? 0) + 1;
    counts.set(service, count);
    return { service, name: `${service}-${count}`, address: undefined, operators, pid: undefined, isDead: false };
  });
  return { source: 'admin', url: undefined, replicas };
}

function operatorsUrl(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw new CliError(
    'usage',
    `--admin: expected the address of an operators' port such as http://127.0.0.1:9000, got "${text}"`,
  );
}
