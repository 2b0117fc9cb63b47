import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { ConfigError } from '../process/config-error.ts';
import type { Settings } from '../process/settings.ts';

/** What a supervisor needs to know of its service. */
export interface Supervision
  extends Pick<Settings, 'adminHost' | 'adminPort' | 'drainDelayMs' | 'drainTimeoutMs' | 'logLevel'> {
  /** Name of the service. */
  readonly name: string;
  /** Number of workers. */
  readonly workers: number;
}

const variable = 'PARLEY_SUPERVISOR';
const program = fileURLToPath(new URL(`./supervisor-main${extname(import.meta.filename)}`, import.meta.url));

/**
 * Replaces this process by the supervisor of its service, which starts the same program again, once for each worker. Process id, output and
 * environment stay, so that an orchestrator sees one process; nothing of the application stays in it.
 *
 * @throws ConfigError where the system cannot replace a process, or there is no program to start again
 */
export function becomeSupervisor(supervision: Supervision): never {
  const [, script, ...args] = process.argv;
  const { execPath, execArgv, execve, env } = process;
  const several = `WORKERS is ${supervision.workers}`;
  // On Windows it exists, and throws.
  if (!execve || process.platform === 'win32' || !isMainThread) {
    throw new ConfigError(
      `${several}, which needs Linux or macOS, Node 22.23 and the main thread of the process: set WORKERS=1`,
    );
  }
  if (script === undefined) throw new ConfigError(`${several}, but the service is no file: start it as node main.js`);
  if (!existsSync(program)) {
    throw new ConfigError(
      `${several}, but ${program} does not exist: leave @parley/service out of the bundle, or set WORKERS=1`,
    );
  }
  const environment = { ...env, [variable]: JSON.stringify(membersOf(supervision)) };
  return execve(execPath, [execPath, ...execArgv, program, script, ...args], environment);
}

// Callers may hand over all settings, and no secret of them may get into the environment, which workers and their children inherit.
function membersOf(supervision: Supervision): Supervision {
  const { name, workers, adminHost, adminPort, drainDelayMs, drainTimeoutMs, logLevel } = supervision;
  return { name, workers, adminHost, adminPort, drainDelayMs, drainTimeoutMs, logLevel };
}

/** What {@link becomeSupervisor} was given, in the process that it made. */
export function takeSupervision(): Supervision {
  const text = process.env[variable] ?? '{}';
  // Workers inherit the environment, and are no supervisors.
  delete process.env[variable];
  return JSON.parse(text) as Supervision;
}
