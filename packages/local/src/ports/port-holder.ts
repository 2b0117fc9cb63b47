import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type ProcessEntry, processAt } from '../runs/process-table.ts';

const listening = '0A';

/**
 * The process that listens on a TCP port: of several that share it the lowest pid. Nothing where the process belongs
 * to another user.
 */
export function portHolder(port: number): ProcessEntry | undefined {
  const [pid] = existsSync('/proc/net/tcp') ? holdersFromProc(port) : holdersFromLsof(port);
  return pid === undefined ? undefined : processAt(pid);
}

function holdersFromProc(port: number): number[] {
  const sockets = listeningSockets(port);
  if (sockets.size === 0) return [];
  const pids = namesIn('/proc').filter((name) => /^\d+$/.test(name));
  return ascending(pids).filter((pid) => holdsOneOf(pid, sockets));
}

/** As {@link portHolder}, where there is no `/proc` to look into: macOS. */
export function holdersFromLsof(port: number): number[] {
  try {
    const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'];
    return ascending(execFileSync('lsof', args, { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n'));
  } catch {
    // lsof fails if there is no match.
    return [];
  }
}

function ascending(pids: readonly string[]): number[] {
  return pids.map(Number).sort((one, other) => one - other);
}

/** Describes the process that holds a port: `by pid 42 (nginx: master process)`. */
export function holderWords(port: number): string {
  const holder = portHolder(port);
  if (!holder) return 'by a process that this user cannot look into';
  const { pid, command } = holder;
  return `by pid ${pid} (${command.length > 80 ? `${command.slice(0, 80)}…` : command})`;
}

/** Links that the descriptors of these sockets have. */
function listeningSockets(port: number): ReadonlySet<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => textOf(path).split('\n').slice(1));
  const fields = rows.map((row) => row.trim().split(/\s+/));
  const found = fields.filter(([, local, , state]) => state === listening && local?.endsWith(suffix));
  return new Set(found.map((row) => `socket:[${row[9]}]`));
}

function holdsOneOf(pid: number, sockets: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder).some((name) => {
    try {
      return sockets.has(readlinkSync(`${folder}/${name}`));
    } catch {
      return false;
    }
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
