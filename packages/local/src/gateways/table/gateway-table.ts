import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../../local-error.ts';
import { mappingOf } from '../../wiring/mapping.ts';
import { jsonOf, readTextFile } from '../../wiring/text-file.ts';
import { type ClientLimits, defaultClientLimits } from './client-limits.ts';
import type { OperationPath } from './operation-paths.ts';
import type { Route } from './routes.ts';

/** An operation of a service that the gateway leads to. */
export interface TableOperation extends OperationPath {
  readonly service: string;
  /** Its name in the contract. */
  readonly name: string;
  /** Takes an `Idempotency-Key`: with one it may be sent again. Default: a key has no effect. */
  readonly isKeyed?: boolean;
  /** Requests a second that one client may send to it. Default: as many as to all operations. */
  readonly requestsPerSecond?: number;
  /** Requests that may come at once on top of that. */
  readonly burst?: number;
  /** Present where the gateway keeps replies. */
  readonly cache?: TableCache;
}

/** Which replies of an operation a gateway may keep. */
export interface TableCache {
  /** The `Cache-Control` that its contract gives a reply. A reply with another one is not kept. */
  readonly control: string;
  /** Seconds for which a reply may be used at most: while it is fresh, and after that as a stale one. */
  readonly longestS: number;
}

/** A service behind the gateway. */
export interface TableUpstream {
  readonly name: string;
  readonly port: number;
  /** Passes on every method at the paths of its operations. Default: theirs alone. */
  readonly methods?: 'any';
}

/** All that a gateway knows of its services, as plain data: what a policy and contracts say together. */
export interface GatewayTable {
  readonly clientLimits: ClientLimits;
  /** Bytes that the head of a request may have: its first line and all headers. */
  readonly headerBytes: number;
  /** Bytes that a body may have where its route has no limit of its own. */
  readonly bodyBytes: number;
  /** How long a service may take to answer where its route has no time of its own. */
  readonly readTimeoutMs: number;
  readonly upstreams: readonly TableUpstream[];
  readonly routes: readonly Route[];
  /** Empty where nothing is known but routes. */
  readonly operations: readonly TableOperation[];
}

/** Where a repository has its table, which `parley gateway` writes. */
export const tableFile = 'gateway/table.json';

/** What holds without a policy. */
export const tableDefaults = {
  clientLimits: defaultClientLimits,
  // Services in Node take 16 KiB, and the gateway adds up to 1 KiB.
  headerBytes: 15 * 1024,
  bodyBytes: 1024 ** 2,
  readTimeoutMs: 12_000,
  port: 3000,
} as const;

/** The table of a repository that has routes and no policy. */
export function tableOfRoutes(routes: readonly Route[]): GatewayTable {
  const { clientLimits, headerBytes, bodyBytes, readTimeoutMs, port } = tableDefaults;
  const upstreams = [...new Set(routes.map(({ service }) => service))].map((name) => ({ name, port }));
  return { clientLimits, headerBytes, bodyBytes, readTimeoutMs, upstreams, routes, operations: [] };
}

/**
 * The table of a repository; undefined where it has none.
 *
 * @throws LocalError where the file is not what `parley gateway` writes
 */
export function readGatewayTable(root: string): GatewayTable | undefined {
  const path = join(root, tableFile);
  if (!existsSync(path)) return undefined;
  const table = jsonOf(readTextFile(path), tableFile, 'run "parley gateway" again');
  const wrong = faultOf(table);
  if (wrong === undefined) return table as unknown as GatewayTable;
  throw new LocalError(`${tableFile}: expected what "parley gateway" writes, got ${wrong}: run it again`);
}

type Check = (value: unknown) => boolean;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isText: Check = (value) => typeof value === 'string' && value !== '';
const isMaybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const upstreamChecks = { name: isText, port: isCount, methods: isMaybe((value) => value === 'any') };
const routeChecks = {
  isExact: (value: unknown) => typeof value === 'boolean',
  path: isText,
  service: isText,
  bodyBytes: isMaybe(isCount),
  readTimeoutMs: isMaybe(isCount),
};
const operationChecks = {
  service: isText,
  name: isText,
  method: isText,
  path: isText,
  isKeyed: isMaybe((value: unknown) => typeof value === 'boolean'),
  requestsPerSecond: isMaybe(isCount),
  burst: isMaybe(isCount),
  cache: isMaybe((value) => {
    const cache = mappingOf(value);
    return isText(cache?.control) && isCount(cache?.longestS);
  }),
};
const limitChecks = { requestsPerSecond: isCount, burst: isCount, connections: isCount };

/** The member that is wrong. */
function faultOf(value: unknown): string | undefined {
  const table = mappingOf(value);
  if (!table) return 'no object';
  const lists = { upstreams: upstreamChecks, routes: routeChecks, operations: operationChecks };
  return (
    memberFault('', table, { headerBytes: isCount, bodyBytes: isCount, readTimeoutMs: isCount }) ??
    memberFault('clientLimits.', table.clientLimits, limitChecks) ??
    Object.entries(lists)
      .map(([name, checks]) => listFault(name, table[name], checks))
      .find((fault) => fault !== undefined)
  );
}

function listFault(name: string, value: unknown, checks: Readonly<Record<string, Check>>): string | undefined {
  if (!Array.isArray(value)) return `no list ${name}`;
  return value.map((item, at) => memberFault(`${name}[${at}].`, item, checks)).find((fault) => fault !== undefined);
}

function memberFault(place: string, value: unknown, checks: Readonly<Record<string, Check>>): string | undefined {
  const own = mappingOf(value);
  const wrong = Object.keys(checks).find(
    (name) => !checks[name]?.(own && Object.hasOwn(own, name) ? own[name] : undefined),
  );
  return wrong === undefined ? undefined : `another ${place}${wrong}`;
}
