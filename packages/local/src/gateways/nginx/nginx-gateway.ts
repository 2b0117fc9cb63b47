import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../../local-error.ts';
import { acceptsConnections, answersAtAll } from '../../ports/readiness.ts';
import { livenessDefaults } from '../../processes/liveness-watch.ts';
import { logState } from '../../processes/replica.ts';
import { SupervisedProcess } from '../../processes/supervised-process.ts';
import { unwritable } from '../../runs/json-files.ts';
import { createProcessRecord } from '../../runs/run-folder.ts';
import type { Gateway, GatewaySetting } from '../gateway.ts';
import { gatewayFile, readGatewayFiles } from '../gateway-files.ts';
import { parseRoutes } from '../routes.ts';
import { localNginxConfiguration } from './nginx-configuration.ts';
import { withoutRequest } from './nginx-line.ts';

/** An nginx that can be run. */
export interface Nginx {
  readonly command: string;
  readonly version: string;
}

// After all services.
const gatewayStage = Number.MAX_SAFE_INTEGER;

/** What nginx needs beside what every gateway does. */
export interface NginxGatewaySetting extends GatewaySetting {
  /** The temporary folder of the run. */
  readonly folder: string;
}

/** The nginx on PATH, if there is one. */
export async function findNginx(variables: NodeJS.ProcessEnv): Promise<Nginx | undefined> {
  const { error, output } = await run('nginx', ['-v'], variables);
  const version = /nginx\/(\S+)/.exec(output)?.[1];
  return !error && version ? { command: 'nginx', version } : undefined;
}

/** The real nginx with the project's own configuration, rendered for this machine into the temporary folder of the run. */
export function createNginxGateway({ command, version }: Nginx, setting: NginxGatewaySetting): Gateway {
  const { variables } = setting;
  const files = readGatewayFiles(setting.root, setting.served);
  const routes = parseRoutes(gatewayFile(files, 'routes.conf'));
  const folder = join(setting.folder, 'nginx');
  let nginx: SupervisedProcess | undefined;
  let isClosed = false;
  let prepared: Promise<void> | undefined;
  async function prepare(): Promise<void> {
    writeFiles(folder, localNginxConfiguration(files, { ...setting, folder }));
    await check(command, folder, variables);
  }
  return {
    name: `nginx ${version}`,
    routes,
    get pid() {
      return nginx?.pid;
    },
    get process() {
      return nginx;
    },
    prepare() {
      prepared ??= prepare();
      return prepared;
    },
    async start() {
      prepared ??= prepare();
      await prepared;
      if (isClosed) return;
      nginx = nginxProcess(command, folder, setting);
      await nginx.start();
    },
    async close() {
      isClosed = true;
      await nginx?.stop();
    },
    kill() {
      isClosed = true;
      nginx?.kill();
    },
  };
}

function writeFiles(folder: string, files: Iterable<readonly [string, string]>): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
  } catch (error) {
    throw unwritable(error);
  }
}

function nginxProcess(command: string, folder: string, setting: NginxGatewaySetting): SupervisedProcess {
  const { log, port, root: cwd, variables: env, readyTimeoutMs, drainTimeoutMs } = setting;
  const from = { service: 'gateway', replica: 'nginx' };
  const what = { name: 'nginx', command, args: nginxArgs(folder, 'daemon off; '), drainSignal: 'SIGQUIT' } as const;
  const program = {
    ...what,
    cwd,
    env,
    isReady: () => acceptsConnections(port),
    isAlive: () => answersAtAll(port, '/', livenessDefaults.timeoutMs),
    visibleLine: withoutRequest,
    readyTimeoutMs,
    drainTimeoutMs,
    record: createProcessRecord(setting.folder, { ...what, stage: gatewayStage }),
  };
  return new SupervisedProcess(program, {
    onLine: (line, isError) => log.line(from, line, isError),
    onState: (state, pid, why) => logState(log, { replica: 'nginx', state, pid }, why),
    onTrouble: (sentence) => log.event('error', sentence, { replica: 'nginx' }),
  });
}

function nginxArgs(folder: string, directives: string): string[] {
  return [
    '-e',
    'stderr',
    '-p',
    folder,
    '-c',
    join(folder, 'nginx.conf'),
    '-g',
    `${directives}pid ${folder}/nginx.pid;`,
  ];
}

async function check(command: string, folder: string, variables: NodeJS.ProcessEnv): Promise<void> {
  const { error, output } = await run(command, ['-t', ...nginxArgs(folder, '')], variables);
  if (!error) return;
  const why = /\[emerg\]\s*(?:\d+#\d+:\s*)?(.+)/.exec(output)?.[1] ?? output.trim();
  const where = why.replaceAll(`${folder}/`, 'nginx/').trim();
  throw new LocalError(`nginx does not accept its configuration: ${where}: put it right, or use --gateway embedded`);
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<{ error: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { env }, (error, stdout, stderr) => resolve({ error, output: stdout + stderr }));
  });
}
