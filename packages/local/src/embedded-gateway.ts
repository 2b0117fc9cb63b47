import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type Attempts, createAttempts } from './attempt.ts';
import { type Balancer, createBalancer } from './balancer.ts';
import { delay } from './delay.ts';
import { acceptedRequestId, forwardedHeaders } from './forwarded-headers.ts';
import type { Gateway, GatewaySetting } from './gateway.ts';
import { gatewayFile, readGatewayFiles } from './gateway-files.ts';
import { LocalError } from './local-error.ts';
import { createMalformedListener } from './malformed-request.ts';
import { loopback } from './ports.ts';
import { type Problems, parseProblems } from './problems.ts';
import { readBody } from './request-body.ts';
import { requestPath } from './request-path.ts';
import { parseRoutes, type Route, routeOf } from './routes.ts';

const bodyLimitBytes = 1024 * 1024;
const maxAttempts = 2;
const statusOf = { unreached: 503, broken: 502, 'timed-out': 504 } as const;
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

interface Parts {
  readonly problems: Problems;
  readonly routes: readonly Route[];
  readonly balancers: ReadonlyMap<string, Balancer>;
  readonly attempts: Attempts;
}

/** A gateway inside this program, for where there is no nginx: the same routes from the same file, the same answers. */
export function createEmbeddedGateway(setting: GatewaySetting): Gateway {
  const attempts = createAttempts();
  const files = readGatewayFiles(setting.root);
  const problems = parseProblems(gatewayFile(files, 'problems.conf'));
  const routes = parseRoutes(gatewayFile(files, 'routes.conf'));
  const balancers = balancersOf(routes, setting.addresses);
  const server = createServer(createRequestListener({ problems, routes, balancers, attempts }));
  server.on('clientError', createMalformedListener(problems));
  // A client may keep its connection a little longer than most balancers in front would.
  server.keepAliveTimeout = 65_000;
  return {
    name: `embedded (httpxy ${httpxyVersion()})`,
    pid: undefined,
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

function createRequestListener({ problems, routes, balancers, attempts }: Parts): RequestListener {
  return async function onRequest(request, response) {
    const id = acceptedRequestId(request.headers);
    response.setHeader('X-Request-Id', id);
    const status = await answer(request, response, id).catch(() => 500);
    if (!status || response.headersSent || response.destroyed) return;
    const { headers, body } = problems(status, id);
    if (!request.complete) response.setHeader('Connection', 'close');
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
    request.resume();
  };

  /** Passes the request on, or gives the status of the problem that is the answer. */
  async function answer(request: IncomingMessage, response: ServerResponse, id: string): Promise<number | undefined> {
    if (request.method === 'TRACE') return 405;
    const path = requestPath(request.url ?? '/');
    if (path === undefined) return 400;
    const balancer = balancers.get(routeOf(path, routes)?.service ?? '');
    if (!balancer) return 404;
    const body = await readBody(request, bodyLimitBytes);
    if (!body) return 413;
    request.headers = forwardedHeaders(request, id, body.length);
    return passOn(request, response, body, balancer);
  }

  async function passOn(request: IncomingMessage, response: ServerResponse, body: Buffer, balancer: Balancer) {
    const tried = new Set<string>();
    let status: number | undefined = statusOf.unreached;
    while (tried.size < maxAttempts) {
      const address = balancer.choose(tried);
      if (!address) return status;
      tried.add(address);
      const outcome = await attempts.attempt(request, response, address, body);
      balancer.release(address, outcome === 'unreached' || outcome === 'broken');
      if (outcome === 'answered') return undefined;
      status = statusOf[outcome];
      const mayGoElsewhere = outcome === 'unreached' || (outcome === 'broken' && idempotent.has(request.method ?? ''));
      if (!mayGoElsewhere) return status;
    }
    return status;
  }
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
  // Node closes those that are idle now, not those that become it when their answer is complete.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  await Promise.race([closed, delay(drainTimeoutMs, timer.signal)]);
  timer.abort();
  clearInterval(sweep);
  server.closeAllConnections();
}

function httpxyVersion(): string {
  const manifest = new URL('../package.json', import.meta.resolve('httpxy'));
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
