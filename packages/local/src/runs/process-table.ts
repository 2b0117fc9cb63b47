import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A process as the operating system knows it. */
export interface ProcessEntry {
  readonly pid: number;
  /** Id of its process group. */
  readonly group: number;
  /** When it started. Together with the pid this names one process: pids are used again. */
  readonly startedAt: string;
  /** Program and arguments, with spaces between. */
  readonly command: string;
}

const isLinux = existsSync('/proc/self/stat');

/** The process with this id. A process that has ended, and waits for its parent to notice, is not there. */
export function processAt(pid: number): ProcessEntry | undefined {
  return isLinux ? fromProc(pid) : fromPs(['-p', String(pid)])[0];
}

/** Every process in one of these groups. */
export function processesIn(groups: ReadonlySet<number>): ProcessEntry[] {
  const all = isLinux ? allFromProc() : fromPs(['-A']);
  return all.filter(({ group }) => groups.has(group));
}

function allFromProc(): ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (fromProc(Number(name)) ?? []) : []));
}

function fromProc(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it is in brackets, and may hold brackets and spaces.
    const [state, , group, , , , , , , , , , , , , , , , , ticks] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { pid, group: Number(group), startedAt: `${bootId()} ${ticks}`, command };
  } catch {
    return undefined;
  }
}

let boot: string | undefined;

/** Start times on Linux count from the boot of the machine. */
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

/** Asks `ps`, as macOS has no `/proc`. */
export function fromPs(selection: readonly string[]): ProcessEntry[] {
  const columns = ['pid=', 'pgid=', 'stat=', 'lstart=', 'command='].flatMap((column) => ['-o', column]);
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const text = execFileSync('ps', ['-ww', ...selection, ...columns], { encoding: 'utf8', stdio, env });
    return text.split('\n').flatMap((line) => {
      const [, pid, group, state, startedAt = '', command = ''] =
        /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+ +\S+ +\S+ +\S+ +\S+)\s+(.*)$/.exec(line) ?? [];
      if (!state || state.startsWith('Z')) return [];
      return [{ pid: Number(pid), group: Number(group), startedAt, command: command.trim() }];
    });
  } catch {
    // ps fails where no process fits.
    return [];
  }
}
