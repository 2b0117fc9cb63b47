import type { Socket } from 'node:net';
import type { Clock } from '../time/clock.ts';

/** The codes of a broken connection; any other code is about the request or its reply. */
const brokenCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/**
 * The sockets that are open to an endpoint, and what becomes of them.
 *
 * Scope: endpoint.
 */
export class ActiveSockets {
  readonly #open = new Set<Socket>();
  readonly #aged = new WeakSet<Socket>();
  readonly #ofStale = new WeakSet<Error>();
  readonly #onClose: () => void;
  /** Closed so far because their time was up. */
  closedByAge = 0;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Follows a socket from here to its end. */
  add(socket: Socket): void {
    this.#open.add(socket);
    let first: Error | undefined;
    socket.on('error', (error) => {
      first ??= error;
      // A TLS alert comes first and gives the reason; the end of the connection, which undici then reports, doesn't.
      if (error !== first) error.cause ??= first;
      if (socket.bytesRead > 0) this.#ofStale.add(error);
    });
    socket.once('close', () => {
      if (this.#aged.has(socket)) this.closedByAge++;
      this.#open.delete(socket);
      this.#onClose();
    });
  }

  /** Calls back when a socket has been in use for `ageMs`, if it is still open then. */
  age(socket: Socket, ageMs: number, clock: Clock, onAged: () => void): void {
    const cancel = clock.after(
      ageMs,
      () => {
        this.#aged.add(socket);
        onAged();
      },
      true,
    );
    socket.once('close', cancel);
  }

  /** Whether an error means that a connection went stale: it broke after it had brought something before. */
  isStale(error: Error): boolean {
    const { code = '', socket } = error as NodeJS.ErrnoException & { socket?: { bytesRead?: number } };
    return brokenCodes.has(code) && (this.#ofStale.has(error) || (socket?.bytesRead ?? 0) > 0);
  }
}
