import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import type { Contract } from '@parley/contract';
import type { Express } from 'express';
import { createApp } from '../app.ts';
import { type AppOptions, appForms, type MountedAppOptions, mountedAppForms } from '../app-options.ts';
import type { HandlersWith } from '../middleware/extras.ts';
import type { Mounts } from '../middleware/mount-apps.ts';
import { type Served, servedContract } from '../served.ts';
import { capturedLog, type LogLine } from './captured-log.ts';

/** What to send. */
export interface TestRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are, anything else as JSON with its content type. */
  readonly body?: unknown;
}

/** What came back. */
export interface TestResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** What the text holds as JSON, where its type is JSON; undefined otherwise, for lines of JSON (NDJSON) too. */
  readonly body: unknown;
}

/** A service that answers without a port. */
export interface InMemoryService {
  /** For `supertest(service.app)` and the like. */
  readonly app: Express;
  /** What it has logged so far. Nothing is printed. */
  readonly logs: readonly LogLine[];
  /** Sends one request over HTTP/1.1, on a connection of its own that is no socket. */
  request(method: string, path: string, sent?: TestRequest): Promise<TestResponse>;
}

/**
 * Applications without a contract, as `createApp` serves them.
 *
 * @throws TypeError as `createApp`
 */
export function inMemoryService(mount: Mounts, options?: Omit<MountedAppOptions, 'logger'>): InMemoryService;
/**
 * The app of a contract and its handlers with all its middleware, behind Node's own HTTP parser and no socket: nothing
 * to listen, nothing to stop.
 *
 * @param options those of `createApp`, without its logger
 * @throws TypeError as `createApp`
 */
export function inMemoryService<C extends Contract, Extras = undefined>(
  contract: C,
  handlers: HandlersWith<C, NoInfer<Extras>>,
  options?: Omit<AppOptions<NoInfer<C>, Extras>, 'logger'>,
): InMemoryService;
export function inMemoryService<C extends Contract>(
  ...served: Served<C, Omit<AppOptions<C>, 'logger'>, Omit<MountedAppOptions, 'logger'>>
): InMemoryService {
  const { contract, handlers, options } = servedContract(served, forms);
  const { logger, lines } = capturedLog(contract.name);
  const app = createApp(contract, handlers, { ...options, logger });
  const server = createServer(app);
  const request = (method: string, path: string, { headers = {}, body }: TestRequest = {}) =>
    new Promise<TestResponse>((resolve, reject) => {
      const [near, far] = duplexPair();
      server.emit('connection', far);
      const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
      const type = isRaw ? undefined : { 'content-type': 'application/json' };
      const options = {
        method,
        path,
        headers: { host: contract.name, ...type, ...headers },
        createConnection: () => near,
      };
      send(options, async (response) => {
        try {
          const answer = await text(response);
          // Without a socket nothing waits for the event loop: places of requests, which are given back once a turn, would run out.
          await turn();
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, text: answer, body: isJson(headers) ? parsed(answer) : undefined });
        } catch (error) {
          reject(error);
        }
      })
        .on('error', reject)
        .end(isRaw ? body : JSON.stringify(body));
    });
  return { app, logs: lines, request };
}

const forms = { caller: 'inMemoryService', contract: appForms, mounted: mountedAppForms };

function isJson({ 'content-type': type = '' }: IncomingHttpHeaders): boolean {
  return /^application\/(.+\+)?json\b/.test(type);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
