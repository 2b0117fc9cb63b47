import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import type { Upstream } from '@parley/client';
import { ignoreRequests, linger } from '@parley/contract';
import { loopback } from '../../ports/ports.ts';
import { delay } from '../../time/delay.ts';
import { type Gateway, type GatewaySetting, unknownService } from '../gateway.ts';
import { gatewayFile, readGatewayFiles } from '../gateway-files.ts';
import { parseRoutes } from '../nginx-files/nginx-routes.ts';
import { type GatewayTable, readGatewayTable, type TableOperation, tableOfRoutes } from '../table/gateway-table.ts';
import { isUnkeyed, ruleFinder } from '../table/operation-rules.ts';
import { type Route, routeOf } from '../table/routes.ts';
import type { PassedRequest } from './attempt.ts';
import { clientNetwork } from './client-network.ts';
import { type ClientRates, createClientRates } from './client-rates.ts';
import { type ConnectionLimits, limitConnections } from './connection-limits.ts';
import {
  acceptedRequestId,
  acceptedTraceparent,
  endToEndHeaders,
  forwardedHeaders,
  type RequestFacts,
  repliedHeaders,
} from './forwarded-headers.ts';
import { type GatewayLimits, parseLimits } from './gateway-limits.ts';
import { KeptConnections } from './kept-connections.ts';
import { answerMalformed } from './malformed-request.ts';
import { type Problems, parseProblems } from './problems.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import { openReplicas, refusalOfError } from './replicas.ts';
import { readBody } from './request-body.ts';
import { requestPath } from './request-path.ts';
import { requestTarget } from './request-target.ts';
import { createTurns, type Turns } from './turns.ts';

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
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly ruleOf: ReturnType<typeof ruleFinder>;
  readonly limits: GatewayLimits;
  readonly turns: Turns;
  readonly connections: ConnectionLimits;
  readonly rates: ClientRates;
}

/** A gateway inside this program, for where there is no nginx: the same routes from the same file, the same answers. */
export function createEmbeddedGateway(setting: GatewaySetting): Gateway {
  const agent = new KeptConnections();
  const files = readGatewayFiles(setting.root, setting.served);
  const problems = parseProblems(gatewayFile(files, 'problems.conf'));
  const table = readGatewayTable(setting.root) ?? tableOfRoutes(parseRoutes(gatewayFile(files, 'routes.conf')));
  const { routes } = table;
  const ruleOf = ruleFinder(table);
  const upstreams = upstreamsOf(table, setting.addresses, agent);
  const limits = parseLimits([gatewayFile(files, 'nginx.conf'), files.get('limits.conf') ?? ''].join('\n'));
  const rates = createClientRates(table);
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
  const connections = limitConnections(server, limits, table.clientLimits.connections, turns);
  const onRequest = createRequestListener({
    problems,
    routes,
    ruleOf,
    upstreams,
    limits,
    turns,
    connections,
    rates,
  });
  // Node would send `100 Continue` before we know whether we want the body, and 417 to expectations that it doesn't know.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, onRequest);
  answerMalformed(server, problems, turns);
  return {
    name: 'embedded',
    routes,
    pid: undefined,
    // Its configuration has been read.
    prepare: async () => {},
    start: () => listen(server, setting.port),
    async close() {
      await drain(server, setting.drainTimeoutMs);
      agent.destroy();
      await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
    },
    kill() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function createRequestListener(parts: Parts): RequestListener {
  const { problems, routes, ruleOf, upstreams, limits, turns, connections, rates } = parts;
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
    if (!asked || path === undefined) return closing(response, malformed);
    const { method = '' } = request;
    const { methods, operation } = ruleOf(method, /^[^?#]*/.exec(asked.target)?.[0] ?? '');
    if (!rates.take(clientNetwork(request.socket.remoteAddress ?? ''), operation)) return tooOften;
    const misfit = methodRefusal(method, methods);
    if (misfit) return misfit;
    const route = routeOf(path, routes);
    const service = route?.service ?? '';
    const upstream = upstreams.get(service);
    if (!upstream) return noRoute;
    const { expect } = request.headers;
    const isBodyLate = !request.complete && expect?.toLowerCase() === '100-continue';
    const body = await readBody(
      request,
      route?.bodyBytes ?? limits.bodyLimitBytes,
      isBodyLate ? () => response.writeContinue() : undefined,
    );
    if (!body) return tooLarge;
    const headers = forwardedHeaders(request, client, { ...ids, bodyLength: body.length, authority: asked.authority });
    const safety = safetyOf(method, headers, operation);
    const failure = await passOn({ method, path: asked.target, headers, body, safety }, response, upstream);
    return failure && { ...failure, upstream: service };
  }
}

/** Refuses a method that no operation of the path has. Without methods of the path, its service says which ones it takes. */
function methodRefusal(method: string, methods: readonly string[] | undefined): Refusal | undefined {
  if (!methods || methods.includes(method)) return undefined;
  return { status: 405, cause: 'method_refused', methods: methods.join(', ') };
}

/** A request as a service gets it. */
interface SentRequest extends PassedRequest {
  /** Whether it may be sent again after a replica may have seen it. */
  readonly safety: 'idempotent' | 'unsafe';
}

/** Passes a request on, and the answer back; gives the reason where there is none. */
async function passOn(
  { method, path, headers, body, safety }: SentRequest,
  response: ServerResponse,
  upstream: Upstream,
): Promise<Refusal | undefined> {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(); // its error takes 5 % of the CPU of a request
  });
  let answer: IncomingMessage | undefined;
  try {
    const reply = await upstream.send({
      label: upstream.name,
      method,
      path,
      headers: headers as Record<string, string>,
      body: body?.length ? body : undefined,
      safety,
      context: { signal: gone.signal },
    });
    answer = reply.body as IncomingMessage;
    response.writeHead(answer.statusCode ?? 0, repliedHeaders(answer.headers));
    // Where it breaks off, the client must see that it is not complete.
    pipeline(answer, response, () => {});
    return undefined;
  } catch (error) {
    // With a lenient parser (NODE_OPTIONS) a replica's header may be one that Node does not write.
    answer?.destroy();
    return refusalOfError(error);
  }
}

/**
 * A request may be sent again by its method, or by its key: the service answers a known key without doing the work again. But not
 * where the contract has an operation without keys.
 */
function safetyOf(
  method: string,
  headers: PassedRequest['headers'],
  operation: TableOperation | undefined,
): SentRequest['safety'] {
  const isKeyed = keyable.has(method) && Boolean(headers['idempotency-key']) && !(operation && isUnkeyed(operation));
  return idempotent.has(method) || isKeyed ? 'idempotent' : 'unsafe';
}

/** Closes the connection after the response: two servers could read the request differently, so the bytes after it cannot be trusted. */
function closing(response: ServerResponse, refusal: Refusal): Refusal {
  response.shouldKeepAlive = false;
  ignoreRequests(response.req.socket);
  return refusal;
}

/** An operation that may take longer than the others gives its service that time. */
function upstreamsOf(
  { routes, readTimeoutMs }: Pick<GatewayTable, 'routes' | 'readTimeoutMs'>,
  addresses: GatewaySetting['addresses'],
  agent: KeptConnections,
) {
  const services = [...new Set(routes.map(({ service }) => service))];
  const entries = services.map((service) => {
    const replicas = addresses.get(service);
    const times = routes.map((route) => (route.service === service && route.readTimeoutMs) || readTimeoutMs);
    const wire = { agent, replyTimeoutMs: Math.max(...times) };
    if (replicas) return [service, openReplicas(service, replicas, wire)] as const;
    throw unknownService(service);
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
