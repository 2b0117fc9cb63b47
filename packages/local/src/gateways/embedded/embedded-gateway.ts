import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { findPackageJSON } from 'node:module';
import { LocalError } from '../../local-error.ts';
import { loopback } from '../../ports/ports.ts';
import { delay } from '../../time/delay.ts';
import type { Gateway, GatewaySetting } from '../gateway.ts';
import { gatewayFile, readGatewayFiles } from '../gateway-files.ts';
import { parseRoutes, type Route, routeOf } from '../routes.ts';
import { type Attempts, createAttempts } from './attempt.ts';
import { type Balancer, createBalancer } from './balancer.ts';
import { type ConnectionLimits, limitConnections } from './connection-limits.ts';
import { acceptedRequestId, endToEndHeaders, forwardedHeaders } from './forwarded-headers.ts';
import { type GatewayLimits, parseLimits } from './gateway-limits.ts';
import { linger } from './linger.ts';
import { answerMalformed } from './malformed-request.ts';
import { type Problems, parseProblems } from './problems.ts';
import { refusalOf } from './refusal.ts';
import { readBody } from './request-body.ts';
import { isClimbing, requestPath } from './request-path.ts';
import { requestTarget } from './request-target.ts';
import { createTurns, type Turns } from './turns.ts';

/** As nginx: tries to reach a replica, and replicas that may see one request. */
const maxAttempts = 6;
const maxSeenAttempts = 2;
/** Between two rounds over replicas none of which could be reached. */
const roundPauseMs = 100;
const statusOf = { unreached: 503, broken: 502, 'timed-out': 504 } as const;
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
const keyable = new Set(['POST', 'PATCH']);

interface Parts {
  readonly problems: Problems;
  readonly routes: readonly Route[];
  readonly balancers: ReadonlyMap<string, Balancer>;
  readonly attempts: Attempts;
  readonly limits: GatewayLimits;
  readonly turns: Turns;
  readonly connections: ConnectionLimits;
}

/** A gateway inside this program, for where there is no nginx: the same routes from the same file, the same answers. */
export function createEmbeddedGateway(setting: GatewaySetting): Gateway {
  const attempts = createAttempts();
  const files = readGatewayFiles(setting.root, setting.served);
  const problems = parseProblems(gatewayFile(files, 'problems.conf'));
  const routes = parseRoutes(gatewayFile(files, 'routes.conf'));
  const balancers = balancersOf(routes, setting.addresses);
  const limits = parseLimits(gatewayFile(files, 'nginx.conf'));
  const turns = createTurns();
  const server = createServer({
    // We look ourselves, and answer with a problem.
    requireHostHeader: false,
    // Independent of NODE_OPTIONS: a lenient parser may read one header where a service reads two.
    insecureHTTPParser: false,
    maxHeaderSize: limits.headerLimitBytes,
    connectionsCheckingInterval: 1_000,
  });
  // Node drops headers beyond its maximum; we refuse the request.
  server.maxHeadersCount = 0;
  const connections = limitConnections(server, limits, turns);
  const onRequest = createRequestListener({ problems, routes, balancers, attempts, limits, turns, connections });
  // Node would send `100 Continue` before we know whether we want the body, and 417 to expectations that it doesn't know.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, onRequest);
  answerMalformed(server, problems, turns);
  return {
    name: `embedded (httpxy ${httpxyVersion()})`,
    routes,
    pid: undefined,
    // Its configuration has been read.
    prepare: async () => {},
    start: () => listen(server, setting.port),
    async close() {
      await drain(server, setting.drainTimeoutMs);
      attempts.close();
    },
    kill() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function createRequestListener(parts: Parts): RequestListener {
  const { problems, routes, balancers, attempts, limits, turns, connections } = parts;
  return async function onRequest(request, response) {
    const turn = turns.take(request, response);
    if (turn) await turn;
    // The gateway ignores the offer, but Node's parser has dropped the bytes behind it in the same read.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    const client = endToEndHeaders(request.headers);
    const id = acceptedRequestId(client);
    response.setHeader('X-Request-Id', id);
    const status = await answer(request, response, client, id).catch(() => 500);
    if (!status || response.headersSent || response.destroyed) return;
    const { headers, body } = problems(status, id);
    if (!request.complete) {
      response.shouldKeepAlive = false;
      // Node calls it after the response, and would close the connection with bytes unread.
      request.socket.destroySoon = () => linger(request.socket);
    }
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
  };

  /** Passes the request on, or gives the status of the problem that is the answer. */
  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    client: IncomingHttpHeaders,
    id: string,
  ): Promise<number | undefined> {
    if (connections.isSurplus(request.socket)) return closing(response, 429);
    const refused = refusalOf(request);
    if (refused) return closing(response, refused);
    const asked = requestTarget(request.url ?? '');
    const path = asked && requestPath(asked.target);
    if (path === undefined) return closing(response, 400);
    const balancer = balancers.get(routeOf(path, routes)?.service ?? '');
    if (!balancer) return isClimbing(asked?.target ?? '') ? 400 : 404;
    const { expect } = request.headers;
    const isBodyLate = !request.complete && expect?.toLowerCase() === '100-continue';
    const body = await readBody(
      request,
      limits.bodyLimitBytes,
      isBodyLate ? () => response.writeContinue() : undefined,
    );
    if (!body) return 413;
    request.headers = forwardedHeaders(request, client, { id, bodyLength: body.length, authority: asked?.authority });
    request.url = asked?.target ?? '';
    return passOn(request, response, body, balancer);
  }

  async function passOn(request: IncomingMessage, response: ServerResponse, body: Buffer, balancer: Balancer) {
    const tried = new Set<string>();
    let status: number = statusOf.unreached;
    let seen = 0;
    for (let made = 0; made < maxAttempts; made++) {
      let address = balancer.choose(tried);
      if (!address && seen === 0) {
        // No replica has seen the request, and one may be back by now: another round, as nginx does.
        await delay(roundPauseMs);
        tried.clear();
        address = balancer.choose(tried);
      }
      if (!address) return status;
      tried.add(address);
      const outcome = await attempts.attempt(request, response, address, body);
      balancer.release(address, outcome === 'unreached' || outcome === 'broken');
      if (outcome === 'answered') return undefined;
      if (outcome === 'unreached') continue;
      status = statusOf[outcome];
      if (outcome !== 'broken' || !isRepeatable(request) || ++seen === maxSeenAttempts) return status;
    }
    return status;
  }
}

/** By its method, or by its key: the service answers a known key without doing the work again. */
function isRepeatable({ method = '', headers }: IncomingMessage): boolean {
  return idempotent.has(method) || (keyable.has(method) && Boolean(headers['idempotency-key']));
}

/** Closes the connection after the response: two servers could read the request differently, so the bytes after it cannot be trusted. */
function closing(response: ServerResponse, status: number): number {
  response.shouldKeepAlive = false;
  return status;
}

function balancersOf(routes: readonly Route[], addresses: GatewaySetting['addresses']): ReadonlyMap<string, Balancer> {
  const services = [...new Set(routes.map(({ service }) => service))];
  const entries = services.map((service) => {
    const replicas = addresses.get(service);
    if (replicas) return [service, createBalancer(replicas)] as const;
    throw new LocalError(`nginx/routes.conf: expected a service of docker-compose.yml, got "${service}"`);
  });
  return new Map(entries);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopback, resolve);
  });
}

async function drain(server: Server, drainTimeoutMs: number): Promise<void> {
  // A kept connection that goes on asking would otherwise keep the server open for ever.
  server.prependListener('request', (_request, response) => {
    response.shouldKeepAlive = false;
  });
  const timer = new AbortController();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Node closes connections that are idle now, not those that become idle when their reply is complete.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  await Promise.race([closed, delay(drainTimeoutMs, timer.signal)]);
  timer.abort();
  clearInterval(sweep);
  server.closeAllConnections();
}

function httpxyVersion(): string {
  const manifest = findPackageJSON('httpxy', import.meta.url);
  return manifest ? JSON.parse(readFileSync(manifest, 'utf8')).version : 'of an unknown version';
}
