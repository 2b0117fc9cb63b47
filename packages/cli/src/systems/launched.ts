import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { RunningSystem } from '@parley/local';
import { CliError } from '../cli-error.ts';
import type { System } from './system.ts';

/**
 * What `parley start` or `npm start` runs in a folder or above it.
 *
 * @param systems all that launchers of this user run
 * @param port of the gateway, where several run in the folder
 * @throws CliError where several run there, and no port says which
 */
export function launchedIn(folder: string, systems: readonly RunningSystem[], port?: number): System | undefined {
  const here = `${realPath(folder)}${sep}`;
  const inside = systems.filter(({ root }) => here.startsWith(`${realPath(root)}${sep}`));
  // The nearest folder: a repository inside another one has a system of its own.
  const depth = Math.max(0, ...inside.map(({ root }) => root.length));
  const near = inside.filter(({ root }) => root.length === depth);
  const fitting = port === undefined ? near : near.filter(({ url }) => portOf(url) === port);
  if (fitting.length > 1) {
    const ports = fitting.map(({ url }) => portOf(url)).join(', ');
    throw new CliError(
      'usage',
      `expected one running system in ${folder}, found ${fitting.length}: choose with --port (${ports})`,
    );
  }
  const [found] = fitting;
  if (!found && port !== undefined && near.length > 0) {
    const ports = near.map(({ url }) => portOf(url)).join(', ');
    throw new CliError(
      'nothingRuns',
      `expected a system on port ${port}, found ${ports}: choose one of these with --port`,
    );
  }
  return found && systemOf(found);
}

function systemOf({ url, pid: launcherPid, replicas }: RunningSystem): System {
  return {
    source: 'launcher',
    url,
    launcherPid,
    replicas: replicas.map(({ service, name, address, operators, pid }) => ({
      service,
      name,
      address,
      operators,
      pid,
      isDead: pid === undefined,
    })),
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
