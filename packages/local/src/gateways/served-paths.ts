import type { Log } from '../log/log.ts';
import type { Operation } from '../operations.ts';
import type { ServedPaths } from './gateway-files.ts';

/**
 * The paths that lead to each service: those that its compose entry names, else those of its operations. Warns of a service
 * that has neither.
 */
export function servedPaths(
  operations: ReadonlyMap<string, readonly Operation[]>,
  named: ReadonlyMap<string, readonly string[]>,
  log: Log,
): ServedPaths {
  const served = new Map<string, readonly string[]>();
  for (const [service, own] of operations) {
    const paths = named.get(service) ?? own.map(({ path }) => path);
    if (paths.length > 0) served.set(service, paths);
    else
      log.event('warn', `no path leads to ${service}, which has no /openapi.json: name its paths in x-parley.routes`);
  }
  return served;
}
