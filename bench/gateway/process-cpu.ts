import { readdirSync, readFileSync } from 'node:fs';

// Of the clock of /proc: USER_HZ, which Linux has fixed at 100 for programs. proc_pid_stat(5).
const microsPerTick = 10_000;

/** CPU that a process and all below it have taken so far, in µs. Linux only. A process that has ended no longer counts. */
export function cpuMicrosOf(pid: number): number {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const states = new Map(processes.flatMap((name) => stateOf(Number(name))));
  const below = (parent: number): readonly number[] =>
    [...states].flatMap(([child, state]) => (state.parent === parent ? [child, ...below(child)] : []));
  return [pid, ...below(pid)].reduce((sum, one) => sum + (states.get(one)?.micros ?? 0), 0);
}

function stateOf(pid: number): [number, { parent: number; micros: number }][] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name, which may hold anything: state, parent, …, user and system time as the 12th and 13th.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return [[pid, { parent: Number(fields[1]), micros: (Number(fields[11]) + Number(fields[12])) * microsPerTick }]];
  } catch {
    return []; // it has ended meanwhile
  }
}
