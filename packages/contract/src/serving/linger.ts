/** How long a client may take to close a connection that the server has ended, in ms. */
const lingerMs = 1000;

/** The end of a connection. */
export interface LingerOptions {
  /** Written before the end. Default: nothing. */
  readonly lastBytes?: string;
  /** Bytes that are still read. Default 262 144, as Go's net/http reads. */
  readonly maxBytes?: number;
}

/** A connection, as far as ending it needs: any Duplex of Node. Contracts are for browsers too, so no type of Node's is here. */
export interface EndedConnection {
  once(event: 'end' | 'close', listener: () => void): this;
  on(event: 'data', listener: (chunk: { readonly length: number }) => void): this;
  removeAllListeners(event: 'data'): this;
  resume(): unknown;
  pause(): unknown;
  end(lastBytes: string): unknown;
  destroy(): unknown;
}

const lingering = new WeakSet<EndedConnection>();

/**
 * Ends a connection whose client may still send: the client gets what was written, and then the end. To close at once would
 * reset the connection, and a client that is writing would lose the answer. A bounded number of bytes is read and thrown away
 * meanwhile; the rest stays in the kernel, which stops the client. nginx calls this a lingering close.
 */
export function linger(socket: EndedConnection, { lastBytes = '', maxBytes = 262_144 }: LingerOptions = {}): void {
  if (lingering.has(socket)) return;
  lingering.add(socket);
  let left = maxBytes;
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('end', () => socket.destroy()).once('close', () => clearTimeout(timer));
  // HTTP's parser, which would go on reading.
  socket.removeAllListeners('data').on('data', (chunk) => {
    left -= chunk.length;
    if (left <= 0) socket.pause();
  });
  if (left > 0) socket.resume();
  else socket.pause();
  socket.end(lastBytes);
}
