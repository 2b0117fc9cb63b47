import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { ConfigError } from '../process/config-error.ts';
import { type Supervision, supervisionVariable } from './supervision.ts';

/**
 * Replaces this process by the supervisor of its service, which starts the same program again, once for each worker. Process id, output and
 * environment stay, so that an orchestrator sees one process; nothing of the application stays in it.
 *
 * @throws ConfigError where the system cannot replace a process, there is no program to start again, or a bundle has no file for the supervisor alone
 */
export async function becomeSupervisor(supervision: Supervision): Promise<never> {
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
  // Imported for its address: a bundler with code splitting makes a file of what is imported like this.
  const { supervisorUrl } = await import('./supervisor-main.ts');
  const program = await programOf(supervisorUrl, import.meta.url);
  if (program === undefined) {
    throw new ConfigError(
      `${several}, which needs a program with the supervisor of @parley/service alone, but the service is bundled without one: bundle it as ES modules with code splitting (docs/bundling.md), or set WORKERS=1`,
    );
  }
  return execve(execPath, [execPath, ...execArgv, program, script, ...args], {
    ...env,
    ...supervisionVariable(supervision),
  });
}

/**
 * The path of a module that is a program: that has a file of its own, which runs by itself.
 *
 * @param url of the module, which it exports; none in a bundle that is CommonJS
 * @param importer URL of the module that imports it: the same where a bundler has put both into one file
 */
export async function programOf(url: string | undefined, importer: string | undefined): Promise<string | undefined> {
  if (url === undefined || url === importer) return undefined;
  // Already loaded, where it is what Node runs. A chunk of webpack exports functions that its runtime calls, and as a program it does nothing;
  // by default the URL is that of the machine where the bundle was made.
  const exported: object = await import(/* webpackIgnore: true */ url).catch(() => ({}));
  return Object.values(exported).includes(url) ? fileURLToPath(url) : undefined;
}
