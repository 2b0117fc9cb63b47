import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ignoreRequests } from '@parley/contract';
import { http2Limits } from './http2-limits.ts';

/** Requests that may wait on one HTTP/1.1 connection: as many as over HTTP/2 at once. */
export const maxPipelined = http2Limits.settings.maxConcurrentStreams;

/**
 * Bounds the requests that a client sends on a connection without waiting for replies: a thousand fit in 64 KiB, and each
 * takes memory until all in front of it are answered. The reply to the 128th that waits says `Connection: close`, and what
 * comes after it is not served: the client may send it again (RFC 9112 §9.3.2).
 *
 * @param onTooMany gets the client's address of each connection that ends so
 */
export function boundPipelining(app: RequestListener, onTooMany: (peer: string | undefined) => void): RequestListener {
  const waiting = new WeakMap<Socket, number>();
  return function boundPipelining(req, res) {
    endAfterOffer(res);
    // Where nothing is in front of it, it has its socket at once.
    if (!res.socket) {
      const { socket } = req;
      const count = (waiting.get(socket) ?? 0) + 1;
      waiting.set(socket, count);
      res.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
      if (count === maxPipelined) {
        endAfter(res);
        onTooMany(socket.remoteAddress);
      }
    }
    app(req, res);
  };
}

/**
 * Ends the connection of a request that offers another protocol, after its reply. Nothing here takes such an offer, and Node's
 * parser has dropped the bytes behind it that it read at once: the rest of them could be taken for another request.
 */
export function endAfterOffer(res: ServerResponse): void {
  if (res.req.headers.upgrade !== undefined) endAfter(res);
}

/** Serves no more requests of a connection, and closes it after this reply, whatever its app says of `Connection`. */
export function endAfter(res: ServerResponse): void {
  const { socket } = res.req;
  ignoreRequests(socket);
  res.shouldKeepAlive = false;
  res.once('finish', () => socket.destroySoon());
}
