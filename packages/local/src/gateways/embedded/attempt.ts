import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { createProxyServer } from 'httpxy';
import type { GatewayCause } from '../gateway-causes.ts';
import { repliedHeaders } from './forwarded-headers.ts';
import { KeptConnections } from './kept-connections.ts';

/** How one attempt at a replica ended. `unreached` never got a connection, so no replica acted on it. */
export type Outcome =
  | { readonly kind: 'answered' }
  | { readonly kind: 'unreached' | 'broken' | 'timed-out'; readonly cause: GatewayCause };

/** Has replicas answer requests, over connections that are kept. */
export interface Attempts {
  attempt(request: IncomingMessage, response: ServerResponse, address: string, body: Buffer): Promise<Outcome>;
  close(): void;
}

interface Progress {
  outgoing?: ClientRequest;
  isConnected: boolean;
  isTimedOut: boolean;
  /** Bytes of earlier replies on the same connection. */
  bytesBefore: number;
}

const answered: Outcome = { kind: 'answered' };

const replyTimeoutMs = 12_000;
/** For a new connection. Not the agent's timeout, which is for idle ones: a busy machine would exceed it. */
const connectTimeoutMs = 1_000;

/** Scope: one per gateway; owns the connections to the replicas. */
export function createAttempts(): Attempts {
  const agent = new KeptConnections();
  // It would pass on the reply's framing, reason and trailers as they come, and throw where Node takes none of them.
  const proxy = createProxyServer({ agent, selfHandleResponse: true });
  const progressOf = new WeakMap<IncomingMessage, Progress>();
  proxy.on('proxyReq', (outgoing, request, response) => follow(outgoing, response, progressOf.get(request)));
  proxy.on('proxyRes', (reply, request, response) => {
    passReply(reply, request, response, progressOf.get(request)?.outgoing);
  });
  return {
    async attempt(request, response, address, body) {
      const progress: Progress = { isConnected: false, isTimedOut: false, bytesBefore: 0 };
      progressOf.set(request, progress);
      // httpxy leaves up to three listeners behind. Beyond ten, Node would warn of a leak.
      response.setMaxListeners(response.getMaxListeners() + 3);
      try {
        await proxy.web(request, response, {
          target: `http://${address}`,
          buffer: Readable.from(body.length ? [body] : []),
        });
        return answered;
      } catch (error) {
        return outcomeOf(progress, response, error);
      }
    },
    close: () => agent.destroy(),
  };
}

function follow(outgoing: ClientRequest, response: ServerResponse, progress: Progress | undefined): void {
  const { socket } = outgoing;
  if (!progress || !socket) return;
  progress.outgoing = outgoing;
  progress.bytesBefore = socket.bytesRead;
  // A kept connection is there already, and would collect listeners.
  if (!socket.connecting) progress.isConnected = true;
  else {
    socket.setTimeout(connectTimeoutMs);
    socket.once('connect', () => {
      progress.isConnected = true;
    });
  }
  outgoing.setTimeout(replyTimeoutMs);
  outgoing.on('timeout', () => {
    // It is the client that is slow, and has a limit of its own.
    if (response.writableNeedDrain) return void socket.setTimeout(replyTimeoutMs);
    progress.isTimedOut = true;
    outgoing.destroy();
  });
  // The gateway has not asked for another protocol. Without a listener Node would end the request without an error.
  outgoing.once('upgrade', (_reply, upgraded) => {
    upgraded.destroy();
    outgoing.emit('error', new Error('expected a reply, got 101 Switching Protocols'));
  });
}

function passReply(
  reply: IncomingMessage,
  { method }: IncomingMessage,
  response: ServerResponse,
  outgoing: ClientRequest | undefined,
): void {
  const { statusCode: status = 0 } = reply;
  // The client would read a body that must not be there as the reply to its next request on this connection.
  const hasNoBody = method === 'HEAD' || status === 204 || status === 304 || status < 200;
  if (outgoing && hasNoBody) outgoing.shouldKeepAlive = false;
  if (status < 200) {
    reply.resume();
    outgoing?.emit('error', new Error(`expected a status from 200 on, got ${status}`));
    return;
  }
  response.writeHead(status, repliedHeaders(reply.headers));
  reply.pipe(response);
}

function outcomeOf(progress: Progress, response: ServerResponse, error: unknown): Outcome {
  const { isConnected, isTimedOut } = progress;
  if (response.headersSent || response.destroyed) {
    // Too late for another answer: the client must see that this one is not complete.
    response.destroy();
    return answered;
  }
  if (!isConnected) return { kind: 'unreached', cause: isTimedOut ? 'connect_timeout' : 'connect_refused' };
  if (isTimedOut) return { kind: 'timed-out', cause: 'read_timeout' };
  return { kind: 'broken', cause: causeOfBreak(progress, error) };
}

function causeOfBreak({ outgoing, bytesBefore }: Progress, error: unknown): GatewayCause {
  if ((error as NodeJS.ErrnoException).code === 'HPE_HEADER_OVERFLOW') return 'response_header_too_big';
  return (outgoing?.socket?.bytesRead ?? 0) > bytesBefore ? 'bad_response' : 'reset_by_upstream';
}
