/** One replica that can be asked. */
export interface SystemReplica {
  readonly service: string;
  /** `hello-1`. */
  readonly name: string;
  /** Where its callers reach it; undefined where that is not known from here. */
  readonly address: string | undefined;
  /** Where its operators reach it: probes, metrics and the admin API. Undefined where that is not reachable from here. */
  readonly operators: string | undefined;
  /** None where its process is dead, or runs elsewhere. */
  readonly pid: number | undefined;
  /** Whether its launcher says that there is no process now. */
  readonly isDead: boolean;
}

/** What runs together. */
export interface System {
  /** How it was found: `parley start`, `docker compose` or `--admin`. */
  readonly source: 'launcher' | 'compose' | 'admin';
  /** Where clients go, where it is known. */
  readonly url: string | undefined;
  /** Process id of the launcher, where one runs it. */
  readonly launcherPid?: number | undefined;
  readonly replicas: readonly SystemReplica[];
}

/** The replicas of each service, in the order of names. */
export function byService(replicas: readonly SystemReplica[]): ReadonlyMap<string, readonly SystemReplica[]> {
  const sorted = [...replicas].sort((one, other) => one.service.localeCompare(other.service, 'en'));
  return Map.groupBy(sorted, ({ service }) => service);
}
