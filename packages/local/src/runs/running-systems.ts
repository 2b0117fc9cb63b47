import {
  isAbandoned,
  isRunning,
  ownerOf,
  type RecordedProcess,
  type RecordedReplica,
  recordedProcesses,
  runFolders,
} from './run-folder.ts';

/** A replica that a launcher runs, as its record says. */
export interface RunningReplica extends RecordedReplica {
  /** None while its process is dead, and the launcher has not started another one. */
  readonly pid: number | undefined;
  /** Whether the launcher has asked it to drain. */
  readonly isDraining: boolean;
}

/** What one launcher runs. */
export interface RunningSystem {
  /** Folder that it runs: the one of the compose file. */
  readonly root: string;
  /** Process id of the launcher. */
  readonly pid: number;
  /** Where clients go: the gateway. */
  readonly url: string;
  /** In the order of their names. */
  readonly replicas: readonly RunningReplica[];
}

/** What the launchers of this user run now. Reads files only; records of a launcher that is gone are left out. */
export function runningSystems(): readonly RunningSystem[] {
  return runFolders()
    .filter((folder) => !isAbandoned(folder))
    .flatMap((folder) => {
      const owner = ownerOf(folder);
      if (!owner) return [];
      const { root, pid, port } = owner;
      return [{ root, pid, url: `http://localhost:${port}`, replicas: replicasOf(recordedProcesses(folder)) }];
    });
}

/** Each replica once: in watch mode two processes take turns, and both have a record. */
function replicasOf(processes: readonly RecordedProcess[]): RunningReplica[] {
  const byName = Map.groupBy(processes, ({ replica }) => replica?.name);
  const replicas = [...byName.values()].flatMap((records) => {
    const known = records.map((record) => ({ ...record, rank: rankOf(record) }));
    const [best] = known.sort((one, other) => other.rank - one.rank);
    if (!best?.replica) return [];
    return [{ ...best.replica, pid: best.rank > 0 ? best.pid : undefined, isDraining: best.isDraining }];
  });
  return replicas.sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
}

function rankOf(record: RecordedProcess): number {
  if (!isRunning(record)) return 0;
  return record.isDraining ? 1 : 2;
}
