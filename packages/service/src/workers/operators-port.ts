import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { CallError, routeFinder } from '@parley/contract';
import type { Logger } from 'pino';
import { admin } from '../admin/contract.ts';
import { createAdminServer } from '../connections/admin-server.ts';
import { type RawProblem, sendRawProblem } from '../connections/raw-problem.ts';
import { type MetricsFormat, metricsMediaTypes } from '../metrics/registry.ts';
import { merges } from './merged-admin.ts';
import { mergeEvents } from './merged-events.ts';
import type { MergedMetrics } from './merged-metrics.ts';
import { peerHeader } from './worker-messages.ts';
import type { WorkerProcess, WorkerRequest } from './worker-process.ts';

/** The service, as its operators' port needs it. */
export interface SupervisedService {
  /** The workers that accept requests, the oldest first. */
  readonly workers: () => readonly WorkerProcess[];
  readonly metrics: MergedMetrics;
  /** Metrics of the supervisor itself, in OpenMetrics' format. */
  readonly ownMetrics: () => string;
  readonly logger: Logger;
}

/** Bytes of a request: more than a worker takes of any of them. */
const maxRequestBytes = 4_194_304;
/** Bytes of all requests that are being read. Who asks is not known yet: the workers find that out. */
const maxHeldBytes = 4 * maxRequestBytes;
/** Bytes of a request that is always read: an operator can act while strangers send bodies slowly. */
const smallBytes = 16_384;
/** A worker that hangs must not keep operators from the others. */
const replyTimeoutMs = 5_000;

const findOperation = routeFinder(
  Object.entries(admin.operations).map(([name, operation]) => ({
    name: name as keyof typeof admin.operations,
    operation,
  })),
);

/**
 * Makes the server of the operators' port. It asks the workers, and makes one reply of theirs; who may ask, they decide themselves.
 */
export function createOperatorsServer(service: SupervisedService): Server {
  const asked = { readBody: bodyReader(), page: sharedPages(service) };
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    answer(service, req, res, asked).catch(() => {
      if (res.headersSent) res.destroy();
      else refuse(res, { code: 'unavailable', detail: 'The worker that was asked ended: ask again' });
    });
  };
  return createAdminServer(listener, service);
}

type BodyReader = (req: IncomingMessage) => Promise<Buffer | RawProblem>;
type Pages = (format: MetricsFormat) => Promise<string>;

/** What the requests of all operators share. */
interface Shared {
  readonly readBody: BodyReader;
  readonly page: Pages;
}

async function answer(
  service: SupervisedService,
  req: IncomingMessage,
  res: ServerResponse,
  { readBody, page }: Shared,
): Promise<void> {
  const [path = '/'] = (req.url ?? '/').split('?', 1);
  const isReading = req.method === 'GET' || req.method === 'HEAD';
  if (isReading && path === '/livez') return sendJson(res, { status: 'alive' });
  const workers = service.workers();
  if (workers.length === 0) return refuse(res, { code: 'unavailable', detail: 'No worker is ready: ask again' });
  if (isReading && path === '/metrics') return sendMetrics(page, req, res);
  if (isReading && path === '/readyz' && workers.some(({ isStopping }) => !isStopping)) {
    return sendJson(res, { status: 'ready' });
  }
  const body = await readBody(req);
  if (!Buffer.isBuffer(body)) {
    res.shouldKeepAlive = false; // the rest of the body is on its way
    return refuse(res, body);
  }
  const name = req.method === 'HEAD' ? undefined : operationOf(req.method, path);
  if (name === 'watchEvents') return mergeEvents(workers, { ...requestOf(req, cutOff(res)), body }, res);
  const merge = name === undefined ? 'one' : merges[name];
  if (merge === 'one') return askOne(workers, { ...requestOf(req, cutOff(res), ofConnection), body }, res);
  const replies = await askAll(workers, req, body);
  const refused = replies.find(({ status }) => status >= 300);
  if (refused) return sendRefusal(res, refused, replies);
  if (replies.length === 0) return refuse(res, { code: 'unavailable', detail: 'No worker answered in time' });
  // One rule for each operation: its type is lost here, where all are treated alike.
  const merged = (merge as (replies: unknown[]) => unknown)(replies.map((reply) => JSON.parse(reply.text)));
  sendJson(res, merged, replies[0]?.status);
}

function bodyReader(): BodyReader {
  let heldBytes = 0;
  return async function readBody(req) {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (bytes: number) => {
      length += bytes;
      heldBytes += bytes;
    };
    try {
      if (Number(req.headers['content-length'] ?? 0) > maxRequestBytes) return tooLarge;
      for await (const chunk of req.iterator({ destroyOnReturn: false })) {
        take(chunk.length);
        if (length > maxRequestBytes) return tooLarge;
        if (heldBytes > maxHeldBytes && length > smallBytes) return tooBusy;
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    } finally {
      heldBytes -= length;
    }
  };
}

const tooLarge: RawProblem = { code: 'body_too_large', detail: `A request has ${maxRequestBytes} bytes at most` };
const tooBusy: RawProblem = { code: 'overloaded', detail: 'Too many requests with large bodies: ask again' };

function operationOf(method = 'GET', path: string) {
  try {
    return findOperation(method, path)?.route.name;
  } catch (error) {
    // A parameter that is malformed: a worker says so.
    if (error instanceof CallError) return undefined;
    throw error;
  }
}

/** Makes pages of metrics. Scrapes at once share one: each asks every worker, and anyone may send thousands. */
function sharedPages(service: SupervisedService): Pages {
  const making = new Map<MetricsFormat, Promise<string>>();
  return (format) => {
    const page = making.get(format) ?? metricsPage(service, format).finally(() => making.delete(format));
    making.set(format, page);
    return page;
  };
}

async function metricsPage(
  { workers, metrics, ownMetrics }: SupervisedService,
  format: MetricsFormat,
): Promise<string> {
  const asked = {
    method: 'GET',
    path: '/metrics',
    headers: { host: 'localhost', accept: 'application/openmetrics-text' },
  };
  await Promise.all(
    workers().map(async (worker) => {
      try {
        const signal = AbortSignal.timeout(replyTimeoutMs);
        const reply = await worker.request({ ...asked, signal });
        worker.metrics = await text(reply);
      } catch {
        // It hangs, or has just ended: what it said before counts, so that no sum falls.
      }
    }),
  );
  // Not those that were asked: the counts of a worker that has ended since are among those that `metrics` keeps.
  const pages = workers().map((worker) => worker.metrics);
  return metrics.render([...pages, ownMetrics()], format);
}

async function sendMetrics(page: Pages, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const format: MetricsFormat = req.headers.accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'text';
  const headers = { 'Content-Type': metricsMediaTypes[format], 'Cache-Control': 'no-store' };
  const text = await page(format);
  res.writeHead(200, headers).end(text);
}

interface WorkerReply {
  readonly worker: number;
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Asks all at once. A worker that ends or hangs meanwhile has no reply. */
async function askAll(
  workers: readonly WorkerProcess[],
  req: IncomingMessage,
  body: Buffer,
): Promise<readonly WorkerReply[]> {
  const asked = workers.map(async (worker, index): Promise<WorkerReply[]> => {
    try {
      const reply = await worker.request({ ...requestOf(req, AbortSignal.timeout(replyTimeoutMs)), body });
      const type = reply.headers['content-type'] ?? '';
      return [{ worker: index + 1, status: reply.statusCode ?? 0, type, text: await text(reply) }];
    } catch {
      return [];
    }
  });
  return (await Promise.all(asked)).flat();
}

/** Where all refuse, it is the refusal of one. Where some have acted, it says so. */
function sendRefusal(res: ServerResponse, refused: WorkerReply, replies: readonly WorkerReply[]): void {
  const acted = replies.filter(({ status }) => status < 300).length;
  const problem = JSON.parse(refused.text) as { detail?: string };
  if (acted > 0) {
    problem.detail = `${problem.detail} (worker ${refused.worker} of ${replies.length}; ${acted} of them did what was asked)`;
  }
  res.writeHead(refused.status, { 'Content-Type': refused.type, 'Cache-Control': 'no-store' });
  res.end(JSON.stringify(problem));
}

/** Asks the oldest worker that does not drain, and passes its reply on as it is. */
async function askOne(workers: readonly WorkerProcess[], asked: WorkerRequest, res: ServerResponse): Promise<void> {
  const worker = workers.find(({ isStopping }) => !isStopping) ?? (workers[0] as WorkerProcess);
  const reply = await worker.request(asked);
  res.writeHead(reply.statusCode ?? 500, reply.headers);
  reply.on('error', () => res.destroy()).pipe(res);
}

/** Fires when the operator leaves. */
function cutOff(res: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  res.once('close', () => leaving.abort());
  return leaving.signal;
}

/** Headers that belong to the connection of the operator. */
const ofConnection = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect', 'upgrade', 'te'];
/** Headers with which a reply could be none that can be merged. */
const ofParts = ['accept-encoding', 'if-none-match', 'range', 'if-range'];

function requestOf(req: IncomingMessage, signal: AbortSignal, without = [...ofConnection, ...ofParts]): WorkerRequest {
  const headers: IncomingHttpHeaders = { ...req.headers, [peerHeader]: req.socket.remoteAddress };
  for (const name of without) delete headers[name];
  return { method: req.method ?? 'GET', path: req.url ?? '/', headers, signal };
}

function refuse(res: ServerResponse, problem: RawProblem): void {
  sendRawProblem(res, problem);
}

function sendJson(res: ServerResponse, value: unknown, status = 200): void {
  const body = JSON.stringify(value);
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(body) };
  res.writeHead(status, { ...headers, 'Cache-Control': 'no-store' }).end(body);
}
