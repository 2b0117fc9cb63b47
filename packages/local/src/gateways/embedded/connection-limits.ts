import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { clientNetwork } from './client-network.ts';
import type { GatewayLimits } from './gateway-limits.ts';
import type { Turns } from './turns.ts';

/** Bounds what connections of clients may hold. */
export interface ConnectionLimits {
  /** Whether the connection is one too many from its client: its request is answered 429. */
  isSurplus(socket: Socket): boolean;
}

/**
 * Holds a server's connections to limits of number and time.
 *
 * - One client has `perClient`. As many again are answered 429, further ones are closed at once, so that one client cannot
 *   take all `connections`.
 * - A connection on which no byte moves for `stallTimeoutMs` though it is the client's turn is closed: a head or body
 *   that does not come, a reply that is not read.
 */
export function limitConnections(
  server: Server,
  limits: GatewayLimits,
  perClient: number,
  turns: Turns,
): ConnectionLimits {
  const { connections, stallTimeoutMs } = limits;
  const counts = new Map<string, number>();
  const surplus = new WeakSet<Socket>();
  server.maxConnections = connections;
  server.headersTimeout = limits.headerTimeoutMs;
  server.keepAliveTimeout = limits.keepAliveTimeoutMs;
  server.timeout = stallTimeoutMs;

  server.prependListener('connection', (socket) => {
    const network = clientNetwork(socket.remoteAddress ?? '');
    const count = (counts.get(network) ?? 0) + 1;
    counts.set(network, count);
    socket.once('close', () => {
      const left = (counts.get(network) ?? 1) - 1;
      if (left > 0) counts.set(network, left);
      else counts.delete(network);
    });
    if (count > 2 * perClient) socket.destroy();
    else if (count > perClient) surplus.add(socket);
  });

  server.on('timeout', (socket) => {
    const response = turns.current(socket);
    const isServicesTurn = response?.req.complete && socket.writableLength === 0;
    // The service has limits of its own.
    if (isServicesTurn) socket.setTimeout(stallTimeoutMs);
    // Bytes that the client does not read do not stay with the kernel either.
    else if (socket.writableLength > 0) socket.resetAndDestroy();
    else socket.destroy();
  });
  return { isSurplus: (socket) => surplus.has(socket) };
}
