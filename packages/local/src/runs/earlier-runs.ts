import type { Log } from '../log/log.ts';
import { delay } from '../time/delay.ts';
import { endRun, remainsOf } from './end-run.ts';
import {
  guardOf,
  isAbandoned,
  ownerOf,
  type ProcessIdentity,
  type RunOwner,
  recordGuard,
  removeRunFolder,
  runFolders,
} from './run-folder.ts';

const lookEveryMs = 50;
const guardTimeoutMs = 60_000;

/** Ends what launchers that were killed have left behind: processes that are verified to be theirs, and temporary folders. */
export async function endEarlierRuns(log: Log): Promise<void> {
  const abandoned = runFolders().filter(isAbandoned);
  await Promise.all(abandoned.map((folder) => endEarlierRun(folder, log)));
}

/** The launcher that runs on this port, if one does: of several that start at once the first. */
export function launcherOn(port: number): RunOwner | undefined {
  const [first] = runFolders()
    .filter((folder) => !isAbandoned(folder))
    .flatMap((folder) => ownerOf(folder) ?? [])
    .filter((owner) => owner.port === port)
    .sort((one, other) => ticksOf(one) - ticksOf(other) || one.pid - other.pid);
  return first;
}

/** Start time as Linux counts it. Elsewhere the pid alone decides. */
function ticksOf({ startedAt }: RunOwner): number {
  return /^\S+ \d+$/.test(startedAt) ? Number(startedAt.split(' ')[1]) : 0;
}

async function endEarlierRun(folder: string, log: Log): Promise<void> {
  const names = remainsOf(folder).map(({ name }) => name);
  if (names.length === 0) return removeRunFolder(folder);
  const { pid, root } = ownerOf(folder) ?? {};
  log.event('warn', `an earlier npm start (pid ${pid}, in ${root}) was killed: ending ${names.join(', ')}`);
  await untilGuardIsGone(folder);
  recordGuard(folder, process.pid);
  await endRun(folder);
}

/** A guard is at it already: two that end the same processes would send each of them two signals, which ends a drain. */
async function untilGuardIsGone(folder: string): Promise<void> {
  const deadline = performance.now() + guardTimeoutMs;
  while (performance.now() < deadline) {
    const guard = guardOf(folder);
    if (!guard) return;
    // Continues a stopped guard; no effect on a running one.
    signal(guard, 'SIGCONT');
    await delay(lookEveryMs);
  }
  const guard = guardOf(folder);
  if (guard) signal(guard, 'SIGKILL');
}

function signal({ pid }: ProcessIdentity, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Ended in the meantime.
  }
}
