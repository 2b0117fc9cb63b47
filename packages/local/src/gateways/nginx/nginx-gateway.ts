import { join } from 'node:path';
import { LocalError } from '../../local-error.ts';
import type { Gateway } from '../gateway.ts';
import { gatewayFile, readGatewayFiles } from '../gateway-files.ts';
import { parseRoutes } from '../nginx-files/nginx-routes.ts';
import { createProcessGateway, outputOf, type ProcessGatewaySetting } from '../process-gateway.ts';
import { localNginxConfiguration } from './nginx-configuration.ts';
import { withoutRequest } from './nginx-line.ts';

/** An nginx that can be run. */
export interface Nginx {
  readonly command: string;
  readonly version: string;
}

/** The nginx on PATH, if there is one. */
export async function findNginx(variables: NodeJS.ProcessEnv): Promise<Nginx | undefined> {
  const { error, output } = await outputOf('nginx', ['-v'], variables);
  const version = /nginx\/(\S+)/.exec(output)?.[1];
  return !error && version ? { command: 'nginx', version } : undefined;
}

/** The real nginx with the project's own configuration, rendered for this machine into the temporary folder of the run. */
export function createNginxGateway({ command, version }: Nginx, setting: ProcessGatewaySetting): Gateway {
  const files = readGatewayFiles(setting.root, setting.served);
  const folder = join(setting.folder, 'nginx');
  const program = {
    program: 'nginx',
    version,
    command,
    args: nginxArgs(folder, 'daemon off; '),
    drainSignal: 'SIGQUIT',
    visibleLine: withoutRequest,
    routes: parseRoutes(gatewayFile(files, 'routes.conf')),
    folder,
    files: () => localNginxConfiguration(files, { ...setting, folder }),
    check: () => check(command, folder, setting.variables),
  } as const;
  return createProcessGateway(program, setting);
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
  const { error, output } = await outputOf(command, ['-t', ...nginxArgs(folder, '')], variables);
  if (!error) return;
  const why = /\[emerg\]\s*(?:\d+#\d+:\s*)?(.+)/.exec(output)?.[1] ?? output.trim();
  const where = why.replaceAll(`${folder}/`, 'nginx/').trim();
  throw new LocalError(`nginx does not accept its configuration: ${where}: put it right, or use --gateway embedded`);
}
