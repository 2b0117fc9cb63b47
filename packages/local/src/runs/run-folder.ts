import { chmodSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { filesIn, readJson, tryWriteJson, unwritable, writeJson } from './json-files.ts';
import { type ProcessEntry, processAt } from './process-table.ts';

/** Names one process for ever: pids are used again, pids with a start time are not. */
export type ProcessIdentity = Pick<ProcessEntry, 'pid' | 'startedAt'>;

/** What a launcher records of itself. */
export interface RunOwner extends ProcessIdentity {
  readonly root: string;
  /** Port of the gateway. */
  readonly port: number;
  /** How long each process may take to drain before it is killed. */
  readonly drainTimeoutMs: number;
}

/** Which replica a process is, for those who look for it: the command line of operators. */
export interface RecordedReplica {
  readonly service: string;
  /** `hello-1`. */
  readonly name: string;
  /** Where its callers reach it: `http://127.0.0.1:20001`. */
  readonly address: string;
  /** Where its operators reach it. */
  readonly operators: string;
}

/** What a launcher records of a process before the process runs its command. */
export interface RecordedProcess extends ProcessIdentity {
  /** `hello-1`. */
  readonly name: string;
  /** Program and arguments, with spaces between. */
  readonly command: string;
  /** The signal that asks it to finish its work and end. */
  readonly drainSignal: NodeJS.Signals;
  /** Processes of a higher stage drain first. */
  readonly stage: number;
  /** Whether it has had its drain signal: a second one would cut its requests off. */
  readonly isDraining: boolean;
  /** None for nginx. */
  readonly replica?: RecordedReplica | undefined;
}

/** Keeps the record of one process up to date, so that others can end it when the launcher is gone. */
export interface ProcessRecord {
  /** Must be called before the process runs its command. @throws LocalError where it cannot be recorded */
  started(pid: number): void;
  /** Must be called before the process gets its drain signal. */
  draining(): void;
}

/** The constant part of a {@link ProcessRecord}. */
export type RecordedProgram = Pick<RecordedProcess, 'name' | 'drainSignal' | 'stage' | 'replica'> & {
  readonly command: string;
  readonly args: readonly string[];
};

const prefix = 'parley-run-';
const ownerFile = 'launcher.json';
const guardFile = 'guard.json';
const processFile = /^process-.*\.json$/;

/**
 * Makes the temporary folder of a run: nginx's files, and records of its processes. Only the user may write.
 *
 * @throws LocalError where it cannot be made or written to; no folder is left then
 */
export function createRunFolder({ root, port, drainTimeoutMs }: Omit<RunOwner, keyof ProcessIdentity>): string {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
    // As root, nginx's workers run as another user, and must be able to pass through.
    chmodSync(folder, 0o755);
    const { pid } = process;
    const owner: RunOwner = { pid, startedAt: identityOf(pid)?.startedAt ?? '', root, port, drainTimeoutMs };
    writeJson(folder, ownerFile, owner);
    return folder;
  } catch (error) {
    if (folder) removeRunFolder(folder);
    throw unwritable(error);
  }
}

/** Removes the folder of a run: the sign that no process of it is left. */
export function removeRunFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Folders of all runs of this user. Folders that another user made could name processes of ours to be ended. */
export function runFolders(): string[] {
  const folders = filesIn(tmpdir()).filter((name) => name.startsWith(prefix));
  return folders.map((name) => join(tmpdir(), name)).filter(isOwn);
}

/** Whose run it is. */
export function ownerOf(folder: string): RunOwner | undefined {
  return readJson<RunOwner>(folder, ownerFile);
}

/** Whether the launcher of a run is gone, however it ended. */
export function isAbandoned(folder: string): boolean {
  const owner = ownerOf(folder);
  if (owner) return !isRunning(owner);
  // Killed while it wrote its first file, or about to write it.
  return !processAt(Number(basename(folder).slice(prefix.length).split('-')[0]));
}

/** Records which process ends the run when its launcher is gone. A disk that is full does not stop it: it guards all the same. */
export function recordGuard(folder: string, pid: number): void {
  const guard = identityOf(pid);
  if (guard) tryWriteJson(folder, guardFile, guard);
}

/** The process that ends the run when its launcher is gone, if it still runs. */
export function guardOf(folder: string): ProcessIdentity | undefined {
  const guard = readJson<ProcessIdentity>(folder, guardFile);
  return guard && isRunning(guard) ? guard : undefined;
}

/** Keeps the record of one process in the folder of its run. */
export function createProcessRecord(folder: string, program: RecordedProgram): ProcessRecord {
  const { name, drainSignal, stage, replica } = program;
  const command = [program.command, ...program.args].join(' ');
  let recorded: RecordedProcess | undefined;
  return {
    started(pid) {
      const startedAt = identityOf(pid)?.startedAt ?? '';
      recorded = { pid, startedAt, name, command, drainSignal, stage, isDraining: false, replica };
      writeJson(folder, fileOf(recorded), recorded);
    },
    draining() {
      if (recorded) writeProcess(folder, { ...recorded, isDraining: true });
    },
  };
}

/** Writes the record of a process that has one. A folder that has been removed needs none, and a full disk keeps the old one. */
export function writeProcess(folder: string, recorded: RecordedProcess): void {
  tryWriteJson(folder, fileOf(recorded), recorded);
}

function fileOf({ name }: RecordedProcess): string {
  return `process-${name}.json`;
}

/** Every recorded process, whether it still runs or not. */
export function recordedProcesses(folder: string): RecordedProcess[] {
  return filesIn(folder)
    .filter((name) => processFile.test(name))
    .flatMap((name) => readJson<RecordedProcess>(folder, name) ?? []);
}

function identityOf(pid: number): ProcessIdentity | undefined {
  const found = processAt(pid);
  return found && { pid, startedAt: found.startedAt };
}

/** Whether that process runs: not another one that has its pid now. */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  return processAt(pid)?.startedAt === startedAt;
}

function isOwn(folder: string): boolean {
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
