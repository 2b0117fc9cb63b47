import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConnectError } from '../transport/connect-error.ts';
import type { DispatchController, DispatchHandler, Dispatching, DispatchOptions } from '../transport/dispatch.ts';

/**
 * Sends requests through Node's own `http` and `https`, as undici would: the same handler hears of the same events. Nothing
 * is sent again here.
 *
 * Scope: endpoint.
 */
export class NodeDispatch implements Dispatching {
  readonly origin: string;

  /** @param origin `http://host:port` or `https://host:port` */
  constructor(origin: string) {
    this.origin = origin;
  }

  dispatch({ method, path, headers, body }: DispatchOptions, handler: DispatchHandler): void {
    // Asked for at each request: nock replaces it.
    const { request } = this.origin.startsWith('https:') ? https : http;
    const outgoing = request(this.origin + path, { method, headers: headers as Record<string, string> });
    const exchange = new NodeExchange(outgoing, handler);
    handler.onRequestStart?.(exchange, {});
    if (!exchange.aborted) void exchange.send(body as NodeBody);
  }

  repeat(): boolean {
    return false;
  }

  redispatch(): boolean {
    return false;
  }
}

type NodeBody = string | Uint8Array | AsyncIterable<Uint8Array> | null;

/** What connecting fails with: no server has seen anything of the request. */
const connectCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** One request of Node's, with the controls that undici gives. */
class NodeExchange implements DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  readonly #outgoing: ClientRequest;
  readonly #handler: DispatchHandler;
  #incoming: IncomingMessage | undefined;
  #hasEnded = false;

  constructor(outgoing: ClientRequest, handler: DispatchHandler) {
    this.#outgoing = outgoing;
    this.#handler = handler;
    outgoing.on('response', (incoming) => this.#receive(incoming)).on('error', (error) => this.#fail(error));
  }

  /** Sends the body, and with it the request. */
  async send(body: NodeBody): Promise<void> {
    const handler = this.#handler;
    if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
      this.#outgoing.end(body ?? ''); // in one piece: Node then sends its Content-Length
      if (body) handler.onBodySent?.(Buffer.from(body));
    } else {
      // A body that fails is the request's error, which is reported there.
      await pipeline(Readable.from(reported(body, handler)), this.#outgoing).catch(() => {});
    }
    handler.onRequestSent?.();
  }

  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    this.#outgoing.destroy();
    this.#fail(reason);
  }

  pause(): void {
    this.paused = true;
    this.#incoming?.pause();
  }

  resume(): void {
    this.paused = false;
    this.#incoming?.resume();
  }

  #receive(incoming: IncomingMessage): void {
    const handler = this.#handler;
    this.#incoming = incoming;
    handler.onResponseStarted?.();
    handler.onResponseStart?.(this, incoming.statusCode ?? 0, incoming.headers, incoming.statusMessage);
    incoming
      .on('data', (chunk: Buffer) => this.#hasEnded || handler.onResponseData?.(this, chunk))
      .on('error', (error) => this.#fail(error))
      .on('end', () => this.#end());
    if (this.paused) incoming.pause();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#handler.onResponseEnd?.(this, {});
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { code = '' } = error;
    this.#handler.onResponseError?.(this, connectCodes.has(code) ? new ConnectError(code, error.message) : error);
  }
}

async function* reported(body: AsyncIterable<Uint8Array>, handler: DispatchHandler) {
  for await (const chunk of body) {
    yield chunk;
    handler.onBodySent?.(Buffer.from(chunk));
  }
}
