import { CliError } from '../cli-error.ts';
import { suggestion } from '../text/suggestion.ts';
import type { System, SystemReplica } from './system.ts';

/**
 * The replicas that a name means: all of a service (`hello`), or one (`hello-1`). Without a name all that there are.
 *
 * @throws CliError where there is none of that name; it suggests a near one
 */
export function replicasNamed(name: string | undefined, { replicas }: System): readonly SystemReplica[] {
  if (name === undefined) return replicas;
  const found = replicas.filter((replica) => replica.service === name || replica.name === name);
  if (found.length > 0) return found;
  const services = [...new Set(replicas.map(({ service }) => service))];
  const isReplica = /-\d+$/.test(name);
  const names = isReplica ? replicas.map((replica) => replica.name) : services;
  throw new CliError('usage', `expected a service or a replica that runs, got "${name}"${suggestion(name, names)}`);
}

/** All replicas of a service. @throws CliError where none of it runs; it suggests a near one */
export function replicasOf(service: string, { replicas }: System): readonly SystemReplica[] {
  const found = replicas.filter((replica) => replica.service === service);
  if (found.length > 0) return found;
  const one = replicas.find((replica) => replica.name === service);
  if (one) throw new CliError('usage', `expected a service, got the replica "${service}": name ${one.service}`);
  throw unknownService(service, [...new Set(replicas.map((replica) => replica.service))]);
}

/** The error of a service that does not run, beside those that do. It suggests a near one. */
export function unknownService(service: string, running: readonly string[]): CliError {
  return new CliError('usage', `expected a service that runs, got "${service}"${suggestion(service, running)}`);
}

/** One replica by its name. @throws CliError where there is none of that name; it suggests a near one */
export function replicaNamed(name: string, { replicas }: System): SystemReplica {
  const found = replicas.find((replica) => replica.name === name);
  if (found) return found;
  const names = replicas.map((replica) => replica.name);
  throw new CliError('usage', `expected a replica that runs, got "${name}"${suggestion(name, names)}`);
}
