import type { Duplex } from 'node:stream';

/** How long a client may take to close a connection that the gateway has ended, in ms. */
const lingerMs = 1_000;
/** Bytes that are still read from it. */
const maxBytes = 262_144;

const lingering = new WeakSet<Duplex>();

/**
 * Ends a connection whose client may still send, as nginx' `lingering_close`: the client gets the answer and then the end. To
 * close at once would reset the connection, and a client that is writing would lose the answer. A bounded number of bytes
 * is read and thrown away meanwhile; the rest stays in the kernel, which stops the client.
 *
 * @param lastBytes written before the end; default none
 */
export function linger(socket: Duplex, lastBytes = ''): void {
  if (lingering.has(socket)) return;
  lingering.add(socket);
  let left = maxBytes;
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('end', () => socket.destroy()).once('close', () => clearTimeout(timer));
  // HTTP's parser, which would go on reading.
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) socket.pause();
  });
  socket.resume();
  socket.end(lastBytes);
}
