import { LocalError } from '../local-error.ts';
import type { Log } from '../log/log.ts';
import type { SupervisedProcess } from '../processes/supervised-process.ts';
import type { ServedPaths } from './gateway-files.ts';
import type { Route } from './table/routes.ts';

/** What stands in front of the services. */
export interface Gateway {
  /** `nginx 1.22.1`. */
  readonly name: string;
  /** Which paths go to which service. */
  readonly routes: readonly Route[];
  /** Process id, where it is a process of its own. */
  readonly pid: number | undefined;
  /** That process, once it has been started. */
  readonly process?: SupervisedProcess | undefined;
  /** Checks its configuration, once. @throws LocalError where that is wrong */
  prepare(): Promise<void>;
  /** Starts it; {@link prepare} comes first, if nobody has called it. */
  start(): Promise<void>;
  /** Drains it: finishes its requests, accepts no new one. */
  close(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** What both gateways need. */
export interface GatewaySetting {
  readonly root: string;
  readonly port: number;
  /** Paths of each service, for a folder without routes of its own. Default: none. */
  readonly served?: ServedPaths;
  /** `host:port` of each service's replicas. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly variables: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly readyTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

/** The error about a service that the gateway leads to and docker-compose.yml does not have. */
export function unknownService(name: string): LocalError {
  return new LocalError(
    `the gateway leads to "${name}", and docker-compose.yml has no such service: add it there, or remove it from gateway/policy.yaml and run "parley gateway", or from nginx/ where there is no policy`,
  );
}
