import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../local-error.ts';
import { nginxFiles } from './nginx-files/nginx-text.ts';
import { type GatewayTable, tableDefaults, tableOfRoutes } from './table/gateway-table.ts';
import { routesTo } from './table/routes.ts';

/** Text of an nginx configuration, by file name. */
export type GatewayFiles = ReadonlyMap<string, string>;

/** Paths that lead to each service, for a repository that has no routes of its own. */
export type ServedPaths = ReadonlyMap<string, readonly string[]>;

/** Where the package is published with a copy of both, and in this repository the originals. */
const published = join(import.meta.dirname, 'built-in');
const repository = join(import.meta.dirname, '../../../..');

/** Whether the folder has routes of its own: `nginx/routes.conf`. */
export function hasOwnRoutes(root: string): boolean {
  return existsSync(join(root, 'nginx', 'routes.conf'));
}

/**
 * The gateway's configuration: the `.conf` files of the folder's `nginx/` if it has a `routes.conf`. A folder without one gets
 * the built-in configuration, with routes to the services' own paths.
 */
export function readGatewayFiles(root: string, served: ServedPaths = new Map()): GatewayFiles {
  return hasOwnRoutes(root) ? confFiles(join(root, 'nginx')) : builtInFiles(served);
}

/** The built-in configuration, with these services. */
export function builtInFiles(served: ServedPaths): GatewayFiles {
  const routes = tableOfRoutes(routesTo(served));
  const upstreams = [...served.keys()].map((name) => ({ name, port: tableDefaults.port }));
  return filesOfTable({ ...routes, upstreams });
}

/** The built-in configuration, with what a table says. */
export function filesOfTable(table: GatewayTable): GatewayFiles {
  return new Map([...confFiles(existsSync(published) ? published : join(repository, 'nginx')), ...nginxFiles(table)]);
}

/** The built-in `haproxy.cfg`; what is between its marks is of Parley's own services. */
export function builtInHaproxy(): string {
  return readFileSync(join(existsSync(published) ? published : join(repository, 'haproxy'), 'haproxy.cfg'), 'utf8');
}

/** The text of one of them. */
export function gatewayFile(files: GatewayFiles, name: string): string {
  const text = files.get(name);
  if (text === undefined)
    throw new LocalError(`nginx/: expected a file ${name}, found ${[...files.keys()].join(', ') || 'none'}`);
  return text;
}

/** Those of the folder, and those of `local/` in it, which are its user's own. */
function confFiles(folder: string): GatewayFiles {
  const own = join(folder, 'local');
  const names = [...readdirSync(folder), ...(existsSync(own) ? readdirSync(own).map((name) => `local/${name}`) : [])];
  const texts = names.filter((name) => name.endsWith('.conf'));
  return new Map(texts.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
