import type { Socket } from 'node:net';
import type { ConnectionEnd } from '@parley/contract';
import type { Clock } from '../time/clock.ts';
import { brokenCodes } from './abort-reasons.ts';
import { connectionEnd } from './connection-end.ts';

const unanswered = new WeakSet<object>();

/**
 * Whether an error is that of a connection that showed our certificate and broke before its first reply. A server on Node ends it like this where it
 * refuses the certificate: it sends no alert.
 */
export function mayBeRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && unanswered.has(error);
}

/**
 * The sockets that are open to an endpoint, and what becomes of them.
 *
 * Scope: endpoint.
 */
export class ActiveSockets {
  readonly #open = new Set<Socket>();
  readonly #aged = new WeakSet<Socket>();
  readonly #used = new WeakSet<Socket>();
  readonly #ofStale = new WeakSet<Error>();
  readonly #onClose: (reason: ConnectionEnd) => void;
  readonly #showCertificate: boolean;
  /** Closed so far because their time was up. */
  closedByAge = 0;
  /** All that close from now on are closed by this end. */
  isOver = false;

  /**
   * @param onClose called for each that closes
   * @param showCertificate whether they have a certificate of ours to show
   */
  constructor(onClose: (reason: ConnectionEnd) => void, showCertificate: boolean) {
    this.#onClose = onClose;
    this.#showCertificate = showCertificate;
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
      if (this.#used.has(socket)) this.#ofStale.add(error);
      else if (this.#showCertificate) unanswered.add(error);
    });
    socket.once('close', () => {
      const isAged = this.#aged.has(socket);
      if (isAged) this.closedByAge++;
      this.#open.delete(socket);
      this.#onClose(connectionEnd({ isAged, isOver: this.isOver, hasEnded: socket.readableEnded, error: first }));
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

  /** Watches for the first bytes of a reply in HTTP/1.1. Not by `bytesRead`: a TLS handshake brings bytes too. */
  watchReplies(socket: Socket): void {
    // undici's own listener reads them all: this one must run before.
    socket.prependOnceListener('readable', () => {
      if (socket.readableLength > 0) this.use(socket);
    });
  }

  /** A socket has brought a reply, or the first bytes of one. */
  use(socket: Socket): void {
    this.#used.add(socket);
  }

  /**
   * Whether an error means that a connection has broken which had brought a reply before. For requests whose own reply has
   * not begun.
   */
  isStale(error: Error): boolean {
    return brokenCodes.has((error as NodeJS.ErrnoException).code ?? '') && this.#ofStale.has(error);
  }
}
