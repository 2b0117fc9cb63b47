import { basename } from 'node:path';
import { delay } from '../time/delay.ts';
import { type ProcessEntry, processAt, processesIn } from './process-table.ts';
import { ownerOf, type RecordedProcess, recordedProcesses, removeRunFolder, writeProcess } from './run-folder.ts';

const lookEveryMs = 50;
const killTimeoutMs = 5_000;
const defaultDrainTimeoutMs = 15_000;

/** Recorded processes of an abandoned run that still run. Foreign processes that got the pid of a dead one are not among them. */
export function remainsOf(folder: string): RecordedProcess[] {
  const recorded = recordedProcesses(folder);
  const members = processesIn(new Set(recorded.map(({ pid }) => pid)));
  return recorded.filter((each) => isOurs(each, members));
}

/**
 * Ends all that is left of a run whose launcher is gone, and removes its folder: stage by stage, as the launcher would
 * have done it, with the drain signal first and SIGKILL for what takes longer than the launcher's drain timeout.
 */
export async function endRun(folder: string): Promise<void> {
  const drainTimeoutMs = ownerOf(folder)?.drainTimeoutMs ?? defaultDrainTimeoutMs;
  const byStage = Map.groupBy(remainsOf(folder), ({ stage }) => stage);
  for (const [, stage] of [...byStage].sort(([one], [other]) => other - one)) {
    for (const each of stage) askToDrain(folder, each);
    const late = await remainingAfter(stage, drainTimeoutMs);
    for (const { pid } of late) signal(-pid, 'SIGKILL');
    await remainingAfter(late, killTimeoutMs);
  }
  removeRunFolder(folder);
}

function askToDrain(folder: string, each: RecordedProcess): void {
  const { pid, drainSignal, isDraining } = each;
  if (!isDraining) {
    writeProcess(folder, { ...each, isDraining: true });
    // Workers of a dead nginx have to hear of it themselves.
    signal(processAt(pid) ? pid : -pid, drainSignal);
  }
  // A stopped process gets no signal before it continues.
  signal(-pid, 'SIGCONT');
}

async function remainingAfter(some: readonly RecordedProcess[], timeoutMs: number): Promise<RecordedProcess[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const members = processesIn(new Set(some.map(({ pid }) => pid)));
    const remaining = some.filter((each) => isOurs(each, members));
    if (remaining.length === 0 || performance.now() >= deadline) return remaining;
    await delay(lookEveryMs);
  }
}

/**
 * A process is ours if its pid and start time are those recorded. Its command line does not count: a service with several workers replaces its program.
 * Where the process has ended, its children are ours if they have its group and its program.
 */
function isOurs({ pid, startedAt, command }: RecordedProcess, members: readonly ProcessEntry[]): boolean {
  const leader = members.find((member) => member.pid === pid);
  if (leader) return leader.startedAt === startedAt;
  if (processAt(pid)) return false;
  const program = basename(command.split(' ')[0] ?? '');
  const children = members.filter(({ group }) => group === pid);
  return children.length > 0 && children.every((child) => child.command.includes(program));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Ended in the meantime.
  }
}
