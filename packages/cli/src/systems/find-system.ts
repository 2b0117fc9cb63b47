import type { RunningSystem } from '@parley/local';
import { CliError } from '../cli-error.ts';
import { composedIn, type RunProgram } from './composed.ts';
import { givenSystem } from './given.ts';
import { launchedIn } from './launched.ts';
import type { System } from './system.ts';

/** Which system the command line means. */
export interface SystemChoice {
  /** Operators' ports. They alone count where there are any. */
  readonly admin?: readonly string[] | undefined;
  /** Port of the gateway, where several systems run in the folder. */
  readonly port?: number | undefined;
}

/** What looking for a system needs of its surroundings. */
export interface FindDependencies {
  readonly cwd: string;
  /** What launchers of this user run. */
  readonly launched: () => Promise<readonly RunningSystem[]>;
  readonly runProgram: RunProgram;
  /** The name of the service behind an operators' port, where it answers. */
  readonly serviceAt: (operators: string) => Promise<string | undefined>;
}

/**
 * Finds what runs: the ports that the command line names, else what `parley start` runs in this folder, else containers of
 * `docker compose` here.
 *
 * @throws CliError where nothing is found, which says what to do
 */
export async function findSystem({ admin = [], port }: SystemChoice, dependencies: FindDependencies): Promise<System> {
  const { cwd, launched, runProgram, serviceAt } = dependencies;
  if (admin.length > 0) return givenSystem(admin, serviceAt);
  const systems = await launched();
  const found = launchedIn(cwd, systems, port) ?? (await composedIn(cwd, runProgram));
  if (found) return found;
  const elsewhere = systems.map(({ root, url }) => `${root} (${url})`).join(', ');
  throw new CliError(
    'nothingRuns',
    `expected a running system in ${cwd}, found none: run "parley start" here, or name operators' ports with --admin URL` +
      (elsewhere ? `; elsewhere there runs ${elsewhere}` : ''),
  );
}
