import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../../local-error.ts';
import type { Gateway } from '../gateway.ts';
import { builtInHaproxy, gatewayFile, readGatewayFiles } from '../gateway-files.ts';
import { parseRoutes } from '../nginx-files/nginx-routes.ts';
import { createProcessGateway, outputOf, type ProcessGatewaySetting } from '../process-gateway.ts';
import { readGatewayTable, tableOfRoutes } from '../table/gateway-table.ts';
import { localHaproxyConfiguration } from './haproxy-configuration.ts';
import { errorFiles, withTable } from './haproxy-text.ts';

/** A HAProxy that can be run. */
export interface Haproxy {
  readonly command: string;
  readonly version: string;
}

const name = 'haproxy.cfg';
/** Lines at each start and stop, which say nothing of replicas. */
const ofItsOwnLife = /\[NOTICE\]|Proxy \S+ stopped \(/;

/** The HAProxy on PATH, if there is one. */
export async function findHaproxy(variables: NodeJS.ProcessEnv): Promise<Haproxy | undefined> {
  const { error, output } = await outputOf('haproxy', ['-v'], variables);
  const version = /HAProxy version ([\d.]+)/i.exec(output)?.[1];
  return !error && version ? { command: 'haproxy', version } : undefined;
}

/**
 * The real HAProxy with the folder's `haproxy/haproxy.cfg`, or the built-in one, rendered for this machine. Its routes are
 * those of the table, else those of `nginx/routes.conf`.
 */
export function createHaproxyGateway({ command, version }: Haproxy, setting: ProcessGatewaySetting): Gateway {
  const table =
    readGatewayTable(setting.root) ??
    tableOfRoutes(parseRoutes(gatewayFile(readGatewayFiles(setting.root, setting.served), 'routes.conf')));
  const { routes } = table;
  const folder = join(setting.folder, 'haproxy');
  const own = join(setting.root, 'haproxy', name);
  const text = withTable(existsSync(own) ? readFileSync(own, 'utf8') : builtInHaproxy(), table);
  const program = {
    program: 'haproxy',
    version,
    command,
    args: ['-db', '-f', join(folder, name)],
    drainSignal: 'SIGUSR1',
    visibleLine: (line: string) => (ofItsOwnLife.test(line) ? undefined : line),
    routes,
    folder,
    files: () => [
      [name, localHaproxyConfiguration(text, setting)] as const,
      ...[...errorFiles()].map(([file, body]) => [join('errors', file), body] as const),
    ],
    check: () => check(command, folder, setting.variables),
  } as const;
  return createProcessGateway(program, setting);
}

async function check(command: string, folder: string, variables: NodeJS.ProcessEnv): Promise<void> {
  const { error, output } = await outputOf(command, ['-c', '-f', join(folder, name)], variables);
  if (!error) return;
  const why = /\[ALERT\][^:]*: config : (.+)/i.exec(output)?.[1] ?? output.trim();
  const where = why.replaceAll(`${folder}/`, 'haproxy/').trim();
  throw new LocalError(`HAProxy does not accept its configuration: ${where}: put it right, or use --gateway embedded`);
}
