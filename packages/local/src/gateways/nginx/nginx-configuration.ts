import { loopback } from '../../ports/ports.ts';
import { unknownService } from '../gateway.ts';
import { type GatewayFiles, gatewayFile } from '../gateway-files.ts';
import { cacheFolder } from '../nginx-files/cache-text.ts';

/** What differs between the project's configuration and the one for this machine. */
export interface LocalNginxSetting {
  /** Where nginx may write. */
  readonly folder: string;
  readonly port: number;
  /** `host:port` of each service's replicas. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
}

const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** The project's number suits the limits of its container, which do not hold here: one worker for each CPU. */
const workers = /^[ \t]*worker_processes\s[^;]*;/m;

/**
 * The project's nginx configuration for this machine: the same except for the host's settings, the number of workers, the folder of the
 * cache, the port to listen on and the upstreams.
 */
export function localNginxConfiguration(files: GatewayFiles, setting: LocalNginxSetting): GatewayFiles {
  const cache = files.get('cache.conf');
  return new Map([
    ...files,
    ...(cache === undefined
      ? []
      : ([['cache.conf', cache.replace(cacheFolder, () => `"${setting.folder}/replies"`)]] as const)),
    ['nginx.conf', gatewayFile(files, 'nginx.conf').replace(workers, 'worker_processes auto;')],
    ['host.conf', hostConfiguration(setting.folder)],
    ['listen.conf', `listen ${loopback}:${setting.port} backlog=4096;\n`],
    ['upstreams.conf', localUpstreams(gatewayFile(files, 'upstreams.conf'), setting.addresses)],
  ]);
}

/** Turns each `server name:port resolve …;` into one line per replica, with the same parameters. */
export function localUpstreams(text: string, addresses: ReadonlyMap<string, readonly string[]>): string {
  return text.replace(/^([ \t]*)server\s+([\w.-]+)(?::\d+)?([^;]*);/gm, (_line, indent, name, written) => {
    const replicas = addresses.get(name);
    if (!replicas) throw unknownService(name);
    const parameters = String(written)
      .split(/\s+/)
      .filter((word) => word && word !== 'resolve');
    return replicas.map((address) => `${indent}${['server', address, ...parameters].join(' ')};`).join('\n');
  });
}

function hostConfiguration(folder: string): string {
  const paths = temporaryPaths.map((name) => `${name}_temp_path "${folder}/${name}";\n`);
  // The launcher removes a client's text from each line before it shows the line.
  return `access_log off;\nerror_log stderr warn;\n${paths.join('')}`;
}
