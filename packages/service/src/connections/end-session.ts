import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/** How long a client may take to close a connection that the server has ended, in ms. */
const lingerMs = 500;

/**
 * Ends an HTTP/2 session and everything that runs on it as soon as its connection ends, and each stream as soon as its
 * client resets it. `node:http2` alone waits for replies that no client can read: it keeps the descriptor after a FIN,
 * and a stream that was reset with `NO_ERROR` in mid-reply.
 */
export function endSession(session: ServerHttp2Session, socket: Socket): void {
  // A client that has ended its side is gone, as to nginx, Envoy and Go: none reads on over HTTP/2.
  socket.once('end', () => {
    session.destroy();
    // Not at once: a session whose last write is cut off never closes, and is kept for ever.
    setImmediate(() => socket.destroy());
  });
  // Node waits for the client to close, for ever.
  socket.once('finish', () => {
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  });
  sayGoodbye(session, socket);
  session.on('stream', (stream) => stream.once('end', destroyIfReset));
}

// Node closes the socket of a broken session before TLS has encrypted the GOAWAY, and with bytes unread: a client
// gets a bare reset, and Node's goes on with the connection until its calls time out. A session that is closing is
// ended in order instead. Node itself destroys sessions by this method too.
function sayGoodbye(session: ServerHttp2Session, socket: Socket): void {
  const destroy = session.destroy;
  let isClosing = false;
  session.destroy = (...reason) => {
    // `close` destroys a session without streams, and forgets the reason.
    if (isClosing) return;
    letGo(session, reason[0]);
    if (!session.destroyed && !session.closed && !socket.destroyed) {
      isClosing = true;
      // `destroy` sends one, with the reason. A client that got another without a reason first may leave by then.
      session.goaway = () => {};
      session.close();
      isClosing = false;
      const timer = setTimeout(() => socket.destroy(), lingerMs);
      socket.once('close', () => clearTimeout(timer));
    }
    destroy.apply(session, reason);
  };
  // Of a socket that is closed Node closes the session without `destroy`.
  socket.prependOnceListener('close', () => letGo(session));
}

// Cuts what would keep a session that has ended. Node itself clears the idle timer too late, when it takes the session
// for destroyed and does nothing: the timer would hold it for the whole idle time. And an error whose stack nobody has
// read holds the objects that were called: the session's own handle, for ever (nodejs/node#34103).
function letGo(session: ServerHttp2Session, reason?: Error | number | null): void {
  session.setTimeout(0);
  if (typeof reason === 'object') void reason?.stack;
}

// Node ends the readable side of a stream that is reset, and then waits for writes that can never end.
function destroyIfReset(this: ServerHttp2Stream): void {
  if (this.closed) this.destroy();
}
