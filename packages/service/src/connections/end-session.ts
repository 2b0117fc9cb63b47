import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/** How long a client may take to close a connection that the server has ended, in ms. */
const lingerMs = 500;

/**
 * Ends an HTTP/2 session and everything that runs on it as soon as its connection ends, and each stream as soon as its
 * client resets it. `node:http2` alone waits for replies that nobody can read any more: it keeps the descriptor after a
 * FIN, and a stream that was reset with `NO_ERROR` in mid-reply.
 */
export function endSession(session: ServerHttp2Session, socket: Socket): void {
  // A client that has ended its side is gone, as to nginx, Envoy and Go: none reads on over HTTP/2.
  socket.once('end', () => {
    session.destroy();
    socket.destroy();
  });
  // Node waits for the client to close, for ever.
  socket.once('finish', () => {
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  });
  session.on('stream', (stream) => stream.once('end', destroyIfReset));
}

// Node ends the readable side of a stream that is reset, and then waits for writes that can never end.
function destroyIfReset(this: ServerHttp2Stream): void {
  if (this.closed) this.destroy();
}
