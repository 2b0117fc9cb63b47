import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { createProxyServer } from 'httpxy';

/** How one attempt to have a replica answer went. `unreached` never got a connection, so nobody acted on it. */
export type Outcome = 'answered' | 'unreached' | 'broken' | 'timed-out';

/** Has replicas answer requests, over connections that are kept. */
export interface Attempts {
  attempt(request: IncomingMessage, response: ServerResponse, address: string, body: Buffer): Promise<Outcome>;
  close(): void;
}

interface Progress {
  isConnected: boolean;
  isTimedOut: boolean;
}

/** Headers of a replica that no client sees: the gateway's own business, and how busy we are. As nginx' `proxy.conf`. */
const keptInside = ['x-request-id', 'keep-alive', 'endpoint-load-metrics', 'server-timing', 'x-attempts-left'];
const replyTimeoutMs = 12_000;
/** Less than a replica's DRAIN_DELAY_MS: when one that stops closes its idle connections there are none of ours, on which a request may be on its way. */
const idleConnectionMs = 150;

/** Scope: one per gateway; owns the connections to the replicas. */
export function createAttempts(): Attempts {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: idleConnectionMs });
  const proxy = createProxyServer({ agent, proxyTimeout: replyTimeoutMs });
  const progressOf = new WeakMap<IncomingMessage, Progress>();
  proxy.on('proxyReq', (outgoing, request) => follow(outgoing, progressOf.get(request)));
  proxy.on('proxyRes', (reply, _request, response) => {
    const isLastAttempt = reply.headers['x-attempts-left'] === '0';
    for (const name of keptInside) delete reply.headers[name];
    // As nginx: without it a service's `upstream_…` would look like ours, which a caller may repeat.
    if (isLastAttempt) reply.headers['x-attempts-left'] = '0';
    // Concerns the connection to the replica; the client's is the gateway's own business.
    reply.headers.connection = response.shouldKeepAlive ? 'keep-alive' : 'close';
  });
  return {
    async attempt(request, response, address, body) {
      const progress: Progress = { isConnected: false, isTimedOut: false };
      progressOf.set(request, progress);
      try {
        await proxy.web(request, response, {
          target: `http://${address}`,
          buffer: Readable.from(body.length ? [body] : []),
        });
        return 'answered';
      } catch {
        return outcomeOf(progress, response);
      }
    },
    close: () => agent.destroy(),
  };
}

function follow(outgoing: ClientRequest, progress: Progress | undefined): void {
  const { socket } = outgoing;
  if (!progress || !socket) return;
  // A kept connection is there already, and would collect listeners.
  if (!socket.connecting) progress.isConnected = true;
  else {
    socket.once('connect', () => {
      progress.isConnected = true;
    });
  }
  outgoing.once('timeout', () => {
    progress.isTimedOut = true;
  });
}

function outcomeOf({ isConnected, isTimedOut }: Progress, response: ServerResponse): Outcome {
  if (response.headersSent || response.destroyed) {
    // Too late for another answer: the client must see that this one is not complete.
    response.destroy();
    return 'answered';
  }
  if (!isConnected) return 'unreached';
  return isTimedOut ? 'timed-out' : 'broken';
}
