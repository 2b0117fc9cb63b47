import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../local-error.ts';
import { routesText, upstreamText } from './nginx-text.ts';
import { type Route, routesTo } from './routes.ts';

/** Text of an nginx configuration, by file name. */
export type GatewayFiles = ReadonlyMap<string, string>;

/** Paths that lead to each service, for a repository that has no routes of its own. */
export type ServedPaths = ReadonlyMap<string, readonly string[]>;

/** Where the package is published with a copy, and in this repository the original. */
const places = [join(import.meta.dirname, 'built-in'), join(import.meta.dirname, '../../../../nginx')];

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
  const files = confFiles(places.find((place) => existsSync(place)) ?? '');
  const routes = routesTo(served);
  const upstreams = [...served.keys()].map(upstreamText).join('\n');
  return new Map([
    ...files,
    ['upstreams.conf', upstreams],
    ['routes.conf', routesText(routes)],
    ['nginx.conf', withoutFallback(gatewayFile(files, 'nginx.conf'), routes)],
  ]);
}

/** The text of one of them. */
export function gatewayFile(files: GatewayFiles, name: string): string {
  const text = files.get(name);
  if (text === undefined)
    throw new LocalError(`nginx/: expected a file ${name}, found ${[...files.keys()].join(', ') || 'none'}`);
  return text;
}

function confFiles(folder: string): GatewayFiles {
  const names = readdirSync(folder).filter((name) => name.endsWith('.conf'));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** A service may have all paths that no other has; nginx takes one `location /`. */
function withoutFallback(text: string, routes: readonly Route[]): string {
  const isTaken = routes.some(({ isExact, path }) => !isExact && path === '/');
  return isTaken ? text.replace(/^ {4}location \/ \{\n(?: {6}.*\n)* {4}\}\n/m, '') : text;
}
