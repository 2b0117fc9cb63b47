import type { GatewayTable, TableOperation, TableUpstream } from '../table/gateway-table.ts';
import { literalExpression, mostSpecificFirst, pathExpression } from '../table/operation-paths.ts';
import { isUnkeyed, methodRows, operationsAt, pathOwners } from '../table/operation-rules.ts';
import { type Route, routeOf } from '../table/routes.ts';
import { cacheText } from './cache-text.ts';

/** The files of `nginx/` that a table decides, by name. */
export function nginxFiles(table: GatewayTable): ReadonlyMap<string, string> {
  return new Map([
    ['upstreams.conf', upstreamsText(table)],
    ['routes.conf', routesText(table)],
    ['limits.conf', limitsText(table)],
    ['cache.conf', cacheText(table)],
  ]);
}

/** The upstreams of one service, for `upstreams.conf`: its own, and the one for what is repeated. */
export function upstreamText({ name, port }: TableUpstream): string {
  return `upstream ${name} {
  zone ${name} 256k;
  least_conn;
  server ${name}:${port} resolve max_fails=1 fail_timeout=1s;
  server ${name}:${port} resolve backup max_fails=0;
  keepalive 1024;
  keepalive_timeout 55s;
  keepalive_requests 10000;
}
upstream ${name}_repeat {
  zone ${name}_repeat 256k;
  server ${name}:${port} resolve max_fails=0;
  keepalive 64;
  keepalive_timeout 55s;
  keepalive_requests 10000;
}
`;
}

/** One location of `routes.conf`, without its operations. */
export function routeText(route: Route): string {
  const { isExact, path, service, bodyBytes, readTimeoutMs } = route;
  const lines = [
    ...(bodyBytes === undefined ? [] : [`client_max_body_size ${sizeText(bodyBytes)};`]),
    ...(readTimeoutMs === undefined ? [] : [`proxy_read_timeout ${readTimeoutMs / 1_000}s;`]),
    `proxy_pass http://${service};`,
  ];
  const head = `location ${isExact ? '= ' : ''}${path}`;
  if (lines.length === 1) return `${head} { ${lines[0]} }\n`;
  return `${head} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

const upstreamsHead = `# One upstream per service, all alike:
#   zone        shared by the workers: addresses that DNS gave, their connections and failures; \`resolve\` needs it
#   least_conn  the replica with the fewest requests in flight, counted over all workers. It avoids a replica that hangs
#   resolve     follow DNS while running, and start when a name is not there yet
#   max_fails   one failure ejects a replica for a second or two. A killed container hangs and looks idle: without this,
#               least_conn would send it both tries of a request
#   backup      the same replicas again, never ejected. They are asked when all others are ejected, so that a few failures
#               at once, or a restart, are no 503 for everybody
#   keepalive   idle connections per worker: as many as one client has by default, or a load above would open one per request.
#               55 s is less than the services' 65 s, so that nginx closes: a POST on a connection that the service is
#               just closing would be lost
# NAME_repeat is asked when a replica has broken a request that may be repeated (proxy.conf). It takes the replicas in turn, ejected
# ones too, so that the two tries of its round meet two of them. least_conn with its two groups could send both to one: a replica
# that is being killed takes connections for some milliseconds more, breaks each, and looks idle.
`;

function upstreamsText({ upstreams }: GatewayTable): string {
  return [upstreamsHead, ...upstreams.map(upstreamText)].join('\n');
}

const routesHead = `# Path → upstream. \`=\` and a closing slash keep /api/hellox from going to hello.
# Above a location are its operations; it has the largest size and the longest time of them.
`;

const noService = ' { return 404; }\n';

function routesText({ upstreams, routes, operations }: GatewayTable): string {
  const sections = upstreams.map(({ name }) => {
    const own = routes.filter(({ service }) => service === name);
    return `# --- ${name} ---\n${own.map((route) => `${operationLines(route, operations)}${routeText(route)}`).join('')}`;
  });
  // A service may have all paths that no other has; nginx takes one `location /`.
  const isTaken = routes.some(({ isExact, path }) => !isExact && path === '/');
  const fallback = `# --- no service ---\nlocation /${noService}`;
  return [routesHead, ...sections, ...withoutSlashText(routes), ...(isTaken ? [] : [fallback])].join('\n');
}

/** The paths that lack only the closing slash of a location, and are no location: they go where other paths go. */
function withoutSlashText(routes: readonly Route[]): string[] {
  const paths = routes
    .filter(({ isExact, path }) => !isExact && path.length > 1 && path.endsWith('/'))
    .map(({ path }) => path.slice(0, -1));
  const locations = paths.flatMap((path) => {
    const route = routeOf(path, routes);
    if (route?.isExact) return [];
    return [route ? routeText({ ...route, isExact: true, path }) : `location = ${path}${noService}`];
  });
  if (locations.length === 0) return [];
  return [
    `# --- without the closing slash of a location above ---
# nginx itself answers such a path with 301 to the one with the slash. Here it leads where it would without that location.
${locations.join('')}`,
  ];
}

function operationLines(route: Route, operations: readonly TableOperation[]): string {
  const own = operationsAt(route, operations);
  return own.map(({ name, method, path }) => `# ${name}: ${method} ${path}\n`).join('');
}

/** For most heads; a larger head gets two large buffers beside it. */
const firstHeaderBytes = 1024;

function limitsText(table: GatewayTable): string {
  const { clientLimits, headerBytes, bodyBytes, readTimeoutMs, operations } = table;
  const limited = operations.filter(({ requestsPerSecond }) => requestsPerSecond !== undefined);
  return [
    `# --- what a request may be ---
# Its head: ${sizeText(headerBytes)} in all, and one line no more than a large buffer.
client_header_buffer_size ${sizeText(firstHeaderBytes)};
large_client_header_buffers 2 ${sizeText(Math.floor((headerBytes - firstHeaderBytes) / 2))};
# A larger body is refused before it is read. A service refuses above its own limit.
client_max_body_size ${sizeText(bodyBytes)};
# Above the services' own time, so that their answer, which says more, comes first.
proxy_read_timeout ${readTimeoutMs / 1_000}s;
`,
    `# --- what one client may send. All from one address are one client: an office, or a load test ---
limit_req_zone $client_network zone=requests_per_client:10m rate=${clientLimits.requestsPerSecond}r/s;
limit_req zone=requests_per_client burst=${clientLimits.burst} nodelay;
limit_conn_zone $client_network zone=connections_per_client:10m;
limit_conn connections_per_client ${clientLimits.connections};
`,
    operationMaps(table),
    ...limited.map(operationLimit),
  ].join('\n');
}

function operationMaps(table: GatewayTable): string {
  // The first that matches wins.
  const owners = pathOwners(table)
    .toReversed()
    .map(
      ({ route: { isExact, path }, service }) =>
        `  "~^${literalExpression(path)}${isExact ? '$' : ''}" ${service ?? '""'};\n`,
    );
  const names = mostSpecificFirst(table.operations).map(
    ({ service, name, method, path }) =>
      `  "~${pathExpression(path).replace('^', `^${service} ${method === 'GET' ? '(?:GET|HEAD)' : method} `)}" ${service}.${name};\n`,
  );
  const unkeyed = table.operations
    .filter(isUnkeyed)
    .map(({ service, name }) => `  "~^${service}[.]${name}$" 1;\n`)
    .join('');
  const methods = methodRows(table).map(
    (row) => `  "~${pathExpression(row.path).replace('^', `^${row.service} `)}" "${row.methods.join(', ')}";\n`,
  );
  return `# --- operations, for the log and the limits below. A service matches a path as it was sent, and so does this ---
# The service that the location of a path leads to. None at prefixes of the policy alone: the service decides there.
map $sent_path $path_service {
  default "";
${owners.join('')}}
map "$path_service $sent_method $sent_path" $operation {
  default "";
${names.join('')}}
# Operations that take no Idempotency-Key: one does not make their POST or PATCH repeatable.
map $operation $is_unkeyed {
  default "";
${unkeyed}}
# The methods of paths that have operations: others get 405. What a path without operations takes, its service says.
map "$path_service $sent_path" $path_methods {
  default "";
${methods.join('')}}
`;
}

/** Numbered: nginx takes no variable of more than 46 characters, and no hyphen in one. */
function operationLimit({ service, name, requestsPerSecond, burst }: TableOperation, at: number): string {
  const zone = `limited_${at + 1}`;
  return `# --- what one client may send to ${name} of ${service} ---
map $operation $client_of_${zone} {
  default "";
  "~^${service}[.]${name}$" $client_network;
}
limit_req_zone $client_of_${zone} zone=${zone}:10m rate=${requestsPerSecond}r/s;
limit_req zone=${zone} burst=${burst} nodelay;
`;
}

function sizeText(bytes: number): string {
  if (bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2}m`;
  return bytes % 1024 === 0 ? `${bytes / 1024}k` : String(bytes);
}
