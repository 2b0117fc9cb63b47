import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/** Machine, time and commit of a run. */
export interface Circumstances {
  readonly commit: string;
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly isPinned: boolean };
}

/** Where and when a run was made. */
export function circumstances(isPinned: boolean, benchmark: string): Circumstances {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--', 'packages', `bench/${benchmark}`) !== '';
  const [cpu] = cpus();
  return {
    commit: git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with changes' : ''),
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpu?.model ?? 'unknown', cores: cpus().length, node: process.version, isPinned },
  };
}
