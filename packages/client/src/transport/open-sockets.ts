import type { Socket } from 'node:net';

/** What a broken connection fails its requests with; anything else is about the request or its reply. */
const brokenCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/**
 * The sockets that are open to an endpoint, and what becomes of them.
 *
 * Scope: endpoint.
 */
export class OpenSockets {
  readonly #retireAt = new Map<Socket, number>();
  readonly #ofStale = new WeakSet<Error>();
  readonly #onClose: () => void;
  /** Closed so far because their time was up. */
  closedByAge = 0;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  get count(): number {
    return this.#retireAt.size;
  }

  /** Follows a socket from here to its end. */
  add(socket: Socket): void {
    this.#retireAt.set(socket, Number.POSITIVE_INFINITY);
    let first: Error | undefined;
    socket.on('error', (error) => {
      first ??= error;
      // A TLS alert comes first and says why; the end of the connection, which undici then reports, doesn't.
      if (error !== first) error.cause ??= first;
      if (socket.bytesRead > 0) this.#ofStale.add(error);
    });
    socket.once('close', () => {
      if (Date.now() >= (this.#retireAt.get(socket) ?? Number.POSITIVE_INFINITY)) this.closedByAge++;
      this.#retireAt.delete(socket);
      this.#onClose();
    });
  }

  /** Notes when a socket's time will be up. */
  retireAt(socket: Socket, ms: number): void {
    if (this.#retireAt.has(socket)) this.#retireAt.set(socket, ms);
  }

  /** Whether an error says that a connection broke that had brought something before: one that went stale. */
  isStale(error: Error): boolean {
    const { code = '', socket } = error as NodeJS.ErrnoException & { socket?: { bytesRead?: number } };
    return brokenCodes.has(code) && (this.#ofStale.has(error) || (socket?.bytesRead ?? 0) > 0);
  }
}
