import {
  CallError,
  type Contract,
  type OpenUpstream,
  openUpstreams,
  slowMs,
  type UpstreamStatus,
} from '@parley/contract';
import type { HandlersWith } from '../middleware/extras.ts';
import type { ServiceLoad } from '../telemetry/service-events.ts';
import type { AuditLog } from './audit-log.ts';
import type { admin } from './contract.ts';
import type { TemporaryLogLevel } from './log-level.ts';
import type { RecentCalls } from './recent-calls.ts';

/** What the handlers know of a request beyond the contract. */
export interface AdminExtras {
  /** Address of the operator's connection. */
  readonly peer: string | undefined;
}

/** The service that is administered. */
export interface AdministeredService {
  readonly contract: Contract;
  /** Of its API. */
  readonly version: string;
  readonly load: ServiceLoad;
  readonly isDraining: () => boolean;
  /** Begins to stop it, as SIGTERM does. */
  readonly drain: () => void;
  readonly logLevel: TemporaryLogLevel;
  readonly recent: RecentCalls;
  /** Has a line for each act. */
  readonly audit: AuditLog;
}

/** Serves {@link admin} for one service. */
export function adminHandlers(service: AdministeredService): HandlersWith<typeof admin, AdminExtras> {
  const { contract, version, load, isDraining, drain, logLevel, recent, audit } = service;
  return {
    async getService() {
      const { inFlight, limit, callers } = load;
      return {
        name: contract.name,
        version,
        node: process.versions.node,
        pid: process.pid,
        startedAt: new Date(performance.timeOrigin).toISOString(),
        isDraining: isDraining(),
        logLevel: logLevel.status,
        load: { inFlight, limit: finite(limit), callers },
        operations: Object.entries(contract.operations).map(([name, { method, path, safety }]) => ({
          name,
          method,
          path: path.template,
          safety,
        })),
      };
    },

    async listUpstreams() {
      return { upstreams: openUpstreams().map((upstream) => shown(upstream.status())) };
    },

    async setCircuit({ upstream: name, endpoint, circuit }, { extras }) {
      const upstream = upstreamNamed(name);
      const before = circuitOf(upstream, endpoint);
      const control = upstream.circuit(endpoint);
      if (circuit === 'auto') control.auto();
      else if (circuit === 'open') control.forceOpen();
      else control.forceClose();
      const after = circuitOf(upstream, endpoint);
      audit.acted('setCircuit', extras.peer, { upstream: name, endpoint, before, after });
      return { before, after };
    },

    async listCalls() {
      return { slowMs, calls: [...recent.calls()], requests: [...recent.requests()] };
    },

    async setLogLevel({ level, forMs }, { extras }) {
      const before = logLevel.status.level;
      logLevel.change({ level, forMs });
      const { level: after, endsAt } = logLevel.status;
      audit.acted('setLogLevel', extras.peer, { before, after, endsAt });
      return { before, after, endsAt };
    },

    async drain(_input, { extras }) {
      audit.acted('drain', extras.peer, { before: isDraining(), after: true });
      setImmediate(drain); // after the reply
      return { isDraining: true };
    },
  };
}

function upstreamNamed(name: string): OpenUpstream {
  const open = openUpstreams();
  const found = open.find((upstream) => upstream.name === name);
  if (found) return found;
  const known = open.map((upstream) => upstream.name).join(', ') || 'none';
  throw new CallError('not_found', `This service has no upstream ${JSON.stringify(name)}; it has: ${known}`);
}

function circuitOf(upstream: OpenUpstream, address: string) {
  const { endpoints } = upstream.status();
  const found = endpoints.find((endpoint) => endpoint.address === address);
  if (found) return found.circuit;
  const known = endpoints.map((endpoint) => endpoint.address).join(', ') || 'none so far';
  throw new CallError('not_found', `${upstream.name} has no endpoint ${JSON.stringify(address)}; it has: ${known}`);
}

// JSON has no Infinity: a limit that there is not is left out.
function shown(status: UpstreamStatus) {
  const { name, endpoints, concurrency, retryBudget } = status;
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
