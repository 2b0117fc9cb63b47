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
import { defaultClientLimits } from '../client-limits.ts';
import type { Gateway, GatewaySetting } from '../gateway.ts';
import { gatewayFile, readGatewayFiles } from '../gateway-files.ts';
import { parseRoutes, type Route, routeOf } from '../routes.ts';
import { type Attempts, createAttempts } from './attempt.ts';
import { type Balancer, createBalancer } from './balancer.ts';
import { clientNetwork } from './client-network.ts';
import { type ConnectionLimits, limitConnections } from './connection-limits.ts';
import {
  acceptedRequestId,
  acceptedTraceparent,
  endToEndHeaders,
  forwardedHeaders,
  type RequestFacts,
} from './forwarded-headers.ts';
import { type GatewayLimits, parseLimits } from './gateway-limits.ts';
import { linger } from './linger.ts';
import { answerMalformed } from './malformed-request.ts';
import { type Problems, parseProblems } from './problems.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import { readBody } from './request-body.ts';
import { isClimbing, requestPath } from './request-path.ts';
import { createRequestRate, type RequestRate } from './request-rate.ts';
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
const failed: Refusal = { status: 500, cause: 'gateway_failed' };
const malformed: Refusal = { status: 400, cause: 'malformed_request' };
const noRoute: Refusal = { status: 404, cause: 'no_route' };
const tooLarge: Refusal = { status: 413, cause: 'too_large' };
const surplus: Refusal = { status: 429, cause: 'too_many_connections' };
const tooOften: Refusal = { status: 429, cause: 'rate_limited' };

interface Parts {
  readonly problems: Problems;
  readonly routes: readonly Route[];
  readonly balancers: ReadonlyMap<string, Balancer>;
  readonly attempts: Attempts;
  readonly limits: GatewayLimits;
  readonly turns: Turns;
  readonly connections: ConnectionLimits;
  readonly rate: RequestRate;
}

/** A gateway inside this program, for where there is no nginx: the same routes from the same file, the same answers. */
export function createEmbeddedGateway(setting: GatewaySetting): Gateway {
  const attempts = createAttempts();
  const files = readGatewayFiles(setting.root, setting.served);
  const problems = parseProblems(gatewayFile(files, 'problems.conf'));
  const routes = parseRoutes(gatewayFile(files, 'routes.conf'));
  const balancers = balancersOf(routes, setting.addresses);
  const limits = parseLimits(gatewayFile(files, 'nginx.conf'));
  const clientLimits = setting.clientLimits ?? defaultClientLimits;
  const rate = createRequestRate(clientLimits);
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
  const connections = limitConnections(server, limits, clientLimits.connections, turns);
  const onRequest = createRequestListener({ problems, routes, balancers, attempts, limits, turns, connections, rate });
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
  const { problems, routes, balancers, attempts, limits, turns, connections, rate } = parts;
  return async function onRequest(request, response) {
    const turn = turns.take(request, response);
    if (turn) await turn;
    // The gateway ignores the offer, but Node's parser has dropped the bytes behind it in the same read.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    const client = endToEndHeaders(request.headers);
    const requestId = acceptedRequestId(client);
    const traceparent = acceptedTraceparent(client, requestId);
    response.setHeader('X-Request-Id', requestId);
    const refusal = await answer(request, response, client, { id: requestId, traceparent }).catch(() => failed);
    if (!refusal || response.headersSent || response.destroyed) return;
    const { headers, body } = problems({ ...refusal, requestId, traceId: traceparent.slice(3, 35) });
    if (!request.complete) {
      response.shouldKeepAlive = false;
      // Node calls it after the response, and would close the connection with bytes unread.
      request.socket.destroySoon = () => linger(request.socket);
    }
    response.writeHead(refusal.status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
  };

  /** Passes the request on, or gives the problem that is the answer. */
  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    client: IncomingHttpHeaders,
    ids: Pick<RequestFacts, 'id' | 'traceparent'>,
  ): Promise<Refusal | undefined> {
    if (connections.isSurplus(request.socket)) return closing(response, surplus);
    const refused = refusalOf(request);
    if (refused) return closing(response, refused);
    const asked = requestTarget(request.url ?? '');
    const path = asked && requestPath(asked.target);
    if (path === undefined) return closing(response, malformed);
    if (!rate.take(clientNetwork(request.socket.remoteAddress ?? ''))) return tooOften;
    const upstream = routeOf(path, routes)?.service ?? '';
    const balancer = balancers.get(upstream);
    if (!balancer) return isClimbing(asked?.target ?? '') ? malformed : noRoute;
    const { expect } = request.headers;
    const isBodyLate = !request.complete && expect?.toLowerCase() === '100-continue';
    const body = await readBody(
      request,
      limits.bodyLimitBytes,
      isBodyLate ? () => response.writeContinue() : undefined,
    );
    if (!body) return tooLarge;
    request.headers = forwardedHeaders(request, client, {
      ...ids,
      bodyLength: body.length,
      authority: asked?.authority,
    });
    request.url = asked?.target ?? '';
    const failure = await passOn(request, response, body, balancer);
    return failure && { ...failure, upstream };
  }

  async function passOn(request: IncomingMessage, response: ServerResponse, body: Buffer, balancer: Balancer) {
    const tried = new Set<string>();
    let failure: Refusal = { status: statusOf.unreached, cause: 'no_live_upstream' };
    let seen = 0;
    for (let made = 0; made < maxAttempts; made++) {
      let address = balancer.choose(tried);
      if (!address && seen === 0) {
        // No replica has seen the request, and one may be back by now: another round, as nginx does.
        await delay(roundPauseMs);
        tried.clear();
        address = balancer.choose(tried);
      }
      if (!address) return failure;
      tried.add(address);
      const outcome = await attempts.attempt(request, response, address, body);
      balancer.release(address, outcome.kind === 'unreached' || outcome.kind === 'broken');
      if (outcome.kind === 'answered') return undefined;
      const { kind, cause } = outcome;
      if (kind === 'unreached') {
        const hasTimedOut = seen === 0 && failure.cause === 'connect_timeout';
        failure = { status: failure.status, cause: hasTimedOut ? failure.cause : cause };
        continue;
      }
      failure = { status: statusOf[kind], cause };
      if (kind !== 'broken' || !isRepeatable(request) || ++seen === maxSeenAttempts) return failure;
    }
    return failure;
  }
}

/** By its method, or by its key: the service answers a known key without doing the work again. */
function isRepeatable({ method = '', headers }: IncomingMessage): boolean {
  return idempotent.has(method) || (keyable.has(method) && Boolean(headers['idempotency-key']));
}

/** Closes the connection after the response: two servers could read the request differently, so the bytes after it cannot be trusted. */
function closing(response: ServerResponse, refusal: Refusal): Refusal {
  response.shouldKeepAlive = false;
  return refusal;
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
