import type { Log } from '../log/log.ts';
import type { Operation } from '../operations.ts';
import type { GatewayTable } from './table/gateway-table.ts';

/**
 * Warns of operations that a service has and the table of its gateway lacks: the contract has changed since the gateway was written.
 * Services of which the table knows no operation are left out.
 */
export function warnOfUnrouted(
  table: GatewayTable,
  operations: ReadonlyMap<string, readonly Operation[]>,
  log: Log,
): void {
  for (const [service, own] of operations) {
    const known = table.operations.filter((one) => one.service === service);
    if (known.length === 0) continue;
    // A document has no sign for a parameter that takes the rest of a path.
    const keys = new Set(known.map(({ method, path }) => `${method} ${path.replace('*}', '}')}`));
    const missing = own.map(({ method, path }) => `${method} ${path}`).filter((key) => !keys.has(key));
    if (missing.length === 0) continue;
    log.event('warn', `the gateway does not know ${missing.join(', ')} of ${service}: run "parley gateway"`, {
      service,
    });
  }
}
