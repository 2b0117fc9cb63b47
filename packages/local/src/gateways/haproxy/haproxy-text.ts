import { STATUS_CODES } from 'node:http';
import { securityHeaderFields } from '@parley/contract';
import { withLineFeeds } from '../../wiring/text-file.ts';
import { type GatewayCause, gatewayCauses } from '../gateway-causes.ts';
import type { GatewayTable, TableOperation, TableUpstream } from '../table/gateway-table.ts';
import { mostSpecificFirst, pathExpression } from '../table/operation-paths.ts';
import { isUnkeyed, methodRows, pathOwners } from '../table/operation-rules.ts';
import { byPriority, type Route } from '../table/routes.ts';

const json = 'content-type application/problem+json';
const titles: Readonly<Record<string, readonly [code: string, title: string]>> = {
  404: ['not_found', 'Not found'],
  405: ['method_not_allowed', 'Method not allowed'],
  413: ['body_too_large', 'Body is too large'],
  429: ['rate_limited', 'Too many requests'],
  500: ['internal', 'Internal error'],
  502: ['upstream_failed', 'An upstream failed'],
  503: ['upstream_unavailable', 'An upstream is unavailable'],
  504: ['upstream_timeout', 'An upstream did not answer in time'],
};
/** HAProxy sends these before it knows headers, from files: their problems have no ids. */
const early: readonly (readonly [number, GatewayCause])[] = [
  [400, 'malformed_request'],
  [408, 'request_timeout'],
  [422, 'unsupported_request'],
];
/** Statuses that older versions do not send. */
const earlySince32: typeof early = [
  [414, 'url_too_long'],
  [431, 'headers_too_large'],
];
const refusals: typeof early = [
  [404, 'no_route'],
  [405, 'method_refused'],
  [413, 'too_large'],
  [500, 'gateway_failed'],
  [501, 'upgrade_refused'],
];
const ofLimits: readonly GatewayCause[] = ['rate_limited', 'too_many_connections'];
/** By the termination state, which HAProxy knows from 3.0 on when it makes the answer. */
const ofUpstream: Readonly<Record<'502' | '503', Readonly<Record<string, GatewayCause>>>> = {
  502: { SH: 'reset_by_upstream', PH: 'bad_response', '..': 'broken_answer' },
  503: { SC: 'connect_refused', sC: 'connect_timeout', '..': 'unreachable' },
};

/** What a part between the marks `# generated: NAME` and `# end of generated` holds, by its name. */
function generatedParts(table: GatewayTable): Readonly<Record<string, readonly string[]>> {
  const malformed = problem(400, 'malformed_request', withIds);
  const unsupported = problem(505, 'unsupported_request', withIds);
  const { connections } = table.clientLimits;
  return {
    head: [`tune.bufsize ${Math.max(leastBufferBytes, table.headerBytes + keptForOurs)}`],
    errors: errorLines(),
    malformed: ['!has_path', 'is_bad_path', 'has_odd_host', '!has_host !has_no_host', 'has_no_host !{ req.ver 1.0 }']
      .map((condition) => `http-request return status 400 ${json} lf-string '${malformed}' if ${condition}`)
      .concat(
        `http-request return status 505 ${json} lf-string '${unsupported}' unless { req.ver 1.0 1.1 } or { fc_http_major 2 }`,
      ),
    time: [`timeout server ${table.readTimeoutMs / 1_000}s`],
    clients: clientLines(table),
    connections: [`tcp-request connection reject if { sc_conn_cur(0) gt ${2 * connections} }`],
    limits: limitLines(table),
    methods: methodLines(table),
    sizes: [...headLines(table), ...bodyLines(table)],
    routes: routeLines(table),
    upstreams: table.upstreams.flatMap((upstream) => [...upstreamLines(upstream, table), '']).slice(0, -1),
  };
}

/** A part between its marks, both with the same indent, up to the next mark. */
const markedPart = /^( *)# generated: (\w+)\n(?:(?! *# generated: ).*\n)*?\1# end of generated(?:\n|(?![\s\S]))/gm;

/** `haproxy.cfg` with what a table says between its marks. Lines end with a line feed. */
export function withTable(text: string, table: GatewayTable): string {
  const parts = generatedParts(table);
  return withLineFeeds(text).replace(markedPart, (_part, indent: string, name: string) =>
    [`# generated: ${name}`, ...(parts[name] ?? []), '# end of generated']
      .map((line) => `${line && !line.startsWith('.') ? indent : ''}${line}\n`)
      .join(''),
  );
}

/** A part that a `haproxy.cfg` has no pair of marks for, so that what a table says there would be lost. */
export function missingPart(text: string, table: GatewayTable): string | undefined {
  const marked = new Set(Array.from(withLineFeeds(text).matchAll(markedPart), ([, , name]) => name));
  return Object.keys(generatedParts(table)).find((name) => !marked.has(name));
}

/** The files of `haproxy/errors/`, by name: answers as they go over the wire, but for the ends of lines. */
export function errorFiles(): ReadonlyMap<string, string> {
  return new Map(
    [...early, ...earlySince32].map(([status, cause]) => {
      const body = problem(status, cause, '');
      const lines = [
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
        'Content-Type: application/problem+json',
        `Content-Length: ${body.length}`,
        'Cache-Control: no-store',
        ...Object.entries(securityHeaderFields).map(([name, value]) => `${name}: ${value}`),
        'Connection: close',
      ];
      return [`${status}.http`, `${lines.join('\n')}\n\n${body}`];
    }),
  );
}

const withIds = ',"requestId":"%[var(txn.id)]","traceId":"%[var(txn.trace_id)]"';
const withUpstream = `,"upstream":"%[var(txn.upstream)]"${withIds}`;

/** @param cause or the text in its place; its detail is another one then */
function problem(status: number, cause: string, more: string, detail?: string): string {
  const [code, title] = titles[status] ?? ['rejected', 'Request rejected'];
  const text = detail ?? gatewayCauses[cause as GatewayCause].detail;
  return `{"type":"urn:parley:problem:${code}","title":"${title}","status":${status},"detail":"${text}","cause":"${cause}"${more}}`;
}

function errorLines(): string[] {
  const error = (status: number, body: string) => `http-error status ${status} ${json} lf-string '${body}'`;
  const fromFile = ([status]: readonly [number, GatewayCause]) => `errorfile ${status} errors/${status}.http`;
  const limits = ofLimits.map((cause) => [cause, gatewayCauses[cause].detail] as const);
  const limited = `%[var(txn.cause)${limits.map(([cause, detail]) => `,regsub(^${cause}$,${detail})`).join('')}]`;
  return [
    '# HAProxy sends these before it knows a header, so they have no ids. Before 3.0 it has a page of its own for most of them.',
    ...early.map(fromFile),
    '.if version_atleast(3.2)',
    ...earlySince32.map(fromFile),
    '.endif',
    ...refusals.map(([status, cause]) => error(status, problem(status, cause, withIds))),
    error(429, problem(429, '%[var(txn.cause)]', withIds, limited)),
    error(504, problem(504, 'read_timeout', withUpstream)),
    '# Why an upstream failed is in the termination state, which older versions set after they have made the answer.',
    '.if version_atleast(3.0)',
    ...(['502', '503'] as const).map((status) => error(Number(status), byState(status))),
    '.else',
    ...(['502', '503'] as const).map((status) => error(Number(status), withoutState(status))),
    '.endif',
  ];
}

function byState(status: '502' | '503'): string {
  const states = Object.entries(ofUpstream[status]);
  const mapped = (textOf: (cause: GatewayCause) => string) =>
    `%[txn.sess_term_state${states.map(([state, cause]) => `,regsub(^${state}$,${textOf(cause)})`).join('')}]`;
  const detail = mapped((cause) => gatewayCauses[cause].detail);
  return problem(
    Number(status),
    mapped((cause) => cause),
    withUpstream,
    detail,
  );
}

function withoutState(status: '502' | '503'): string {
  return problem(Number(status), ofUpstream[status]['..'] as GatewayCause, withUpstream);
}

/** What one client has used: of all operations, and of each that has a limit of its own. */
function clientLines({ operations }: GatewayTable): string[] {
  const table = (name: string, store: string) => [
    `backend ${name}`,
    `  stick-table type ipv6 size 100k expire 60s store ${store}`,
  ];
  return [
    // No service can have this name: theirs have no underscore.
    ...table('clients_of_all', 'http_req_rate(1s),conn_cur'),
    ...operations.filter(isLimited).flatMap((operation) => ['', ...table(tableName(operation), 'http_req_rate(1s)')]),
  ];
}

const isLimited = ({ requestsPerSecond }: TableOperation) => requestsPerSecond !== undefined;
const isOf = (service: string) => `{ var(txn.path_service) -m str ${service} }`;
const isOperation = ({ service, name }: TableOperation) => `{ var(txn.operation) -m str ${service}.${name} }`;
const tableName = ({ service, name }: TableOperation) => `clients_of_${service}_${name}`;

function limitLines(table: GatewayTable): string[] {
  const { clientLimits, operations } = table;
  const cause = (name: GatewayCause, condition: string) =>
    `http-request set-var(txn.cause) str(${name}) if { ${condition} }`;
  const limited = operations.filter(isLimited);
  return [
    // Later lines win.
    ...pathOwners(table).map(({ route, service }) =>
      service === undefined
        ? `http-request unset-var(txn.path_service) if ${leadsTo(route)}`
        : `http-request set-var(txn.path_service) str(${service}) if ${leadsTo(route)}`,
    ),
    ...mostSpecificFirst(operations)
      .toReversed()
      .map(
        ({ service, name, method, path }) =>
          `http-request set-var(txn.operation) str(${service}.${name}) if ${isOf(service)} { method ${method === 'GET' ? 'GET HEAD' : method} } { path -m reg ${pathExpression(path)} }`,
      ),
    ...operations
      .filter(isUnkeyed)
      .map((operation) => `http-request set-var(txn.unkeyed) bool(true) if ${isOperation(operation)}`),
    ...limited.map(
      (operation) =>
        `http-request track-sc1 src,ipmask(32,64) table ${tableName(operation)} if ${isOperation(operation)}`,
    ),
    cause('too_many_connections', `sc_conn_cur(0) gt ${clientLimits.connections}`),
    cause('rate_limited', `sc_http_req_rate(0) gt ${clientLimits.requestsPerSecond}`),
    // Of the request's own operation: with a table as second argument the client would be looked up in it for any request.
    ...limited.map(
      (operation) =>
        `${cause('rate_limited', `sc_http_req_rate(1) gt ${operation.requestsPerSecond}`)} ${isOperation(operation)}`,
    ),
  ];
}

/** As `$path_methods` in nginx. Later lines win. */
function methodLines(table: GatewayTable): string[] {
  return methodRows(table)
    .toReversed()
    .map(
      ({ service, path, methods }) =>
        `http-request set-var-fmt(txn.methods) "${methods.join(', ')}" if ${isOf(service)} { path -m reg ${pathExpression(path)} }`,
    );
}

const leadsTo = ({ isExact, path }: Route) => `{ path -m ${isExact ? 'str' : 'beg'} ${path} }`;

function routeLines({ routes }: GatewayTable): string[] {
  return byPriority(routes).map(
    (route) => `http-request set-var(txn.upstream) str(${route.service}) if ${leadsTo(route)}`,
  );
}

/** `tune.maxrewrite`: what the head of a request leaves free in the buffer, for headers that HAProxy adds. */
const keptForOurs = 1024;
/** A frame of HTTP/2 and the headers of a response need it, however small the head of a request must be. */
const leastBufferBytes = 16 * 1024;

/** Refuses a head that the buffer takes and the table does not. */
function headLines({ headerBytes }: GatewayTable): string[] {
  if (headerBytes + keptForOurs >= leastBufferBytes) return [];
  const body = problem(431, 'headers_too_large', withIds);
  return [
    'http-request set-var(txn.url_bytes) url,length',
    `http-request return status 431 ${json} lf-string '${body}' if { req.hdrs,length,add(txn.url_bytes) gt ${headerBytes} }`,
  ];
}

function bodyLines({ routes, bodyBytes }: GatewayTable): string[] {
  const deny = (limit: string) => `http-request deny deny_status 413 if { ${limit} }`;
  if (routes.every((route) => route.bodyBytes === undefined)) return [deny(`req.body_size gt ${bodyBytes}`)];
  return [
    `http-request set-var(txn.body_bytes) int(${bodyBytes})`,
    ...byPriority(routes).map(
      (route) => `http-request set-var(txn.body_bytes) int(${route.bodyBytes ?? bodyBytes}) if ${leadsTo(route)}`,
    ),
    deny('req.body_size,sub(txn.body_bytes) gt 0'),
  ];
}

function upstreamLines({ name, port }: TableUpstream, { routes, readTimeoutMs }: GatewayTable): string[] {
  const own = byPriority(routes.filter(({ service }) => service === name));
  const hasOwnTime = own.some((route) => route.readTimeoutMs !== undefined);
  return [
    `backend ${name}`,
    `  http-request return status 503 ${json} lf-string '${problem(503, 'no_live_upstream', withUpstream)}' if { nbsrv eq 0 }`,
    ...(hasOwnTime ? own : []).map(
      (route) =>
        `  http-request set-timeout server ${(route.readTimeoutMs ?? readTimeoutMs) / 1_000}s if ${leadsTo(route)}`,
    ),
    `  server-template ${name} 20 ${name}:${port} resolvers names resolve-prefer ipv4 init-addr none`,
  ];
}
