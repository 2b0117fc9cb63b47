import { openUpstreams, type UpstreamStatus } from '@parley/contract';
import type { AdministeredService } from './administered-service.ts';

/** The service as it stands. */
export function serviceSnapshot({ contract, version, load, isDraining, logLevel, faults }: AdministeredService) {
  const { inFlight, limit, callers } = load();
  return {
    name: contract.name,
    version,
    node: process.versions.node,
    pid: process.pid,
    startedAt: new Date(performance.timeOrigin).toISOString(),
    isDraining: isDraining(),
    logLevel: logLevel.status,
    faults: [...faults.all],
    load: { inFlight, limit: finite(limit), callers },
    operations: Object.entries(contract.operations).map(([name, { method, path, safety }]) => ({
      name,
      method,
      path: path.template,
      safety,
    })),
  };
}

/** The upstreams of this process as they stand. */
export function upstreamSnapshots() {
  return openUpstreams().map((upstream) => shown(upstream.status()));
}

// JSON has no Infinity: a limit that there is not is left out.
function shown({ name, endpoints, concurrency, retryBudget }: UpstreamStatus) {
  return {
    name,
    endpoints: [...endpoints],
    concurrency: { ...concurrency, limit: finite(concurrency.limit) },
    retryBudget,
  };
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
