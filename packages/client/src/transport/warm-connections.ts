import type { Socket } from 'node:net';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { Connect } from './connector.ts';

/** What keeps connections warm. */
export type WarmConnectionsOptions = Pick<UpstreamOptions, 'idleConnectionMs' | 'clock'>;

/** Pause before more connections, in ms: a server that closes new connections must not be flooded. */
const pauseMs = 1_000;

/**
 * Connections that are opened before a request needs them. They keep no process alive.
 *
 * Scope: endpoint.
 */
export class WarmConnections {
  readonly #options: Current<WarmConnectionsOptions>;
  readonly #connect: Connect;
  readonly #isShort: (opening: number) => boolean;
  readonly #waiting = new Set<Socket>();
  readonly #opening = new Set<Socket>();
  #cancelFill = () => {};
  #isClosed = false;

  /** @param isShort whether more are needed, given the number that are being opened */
  constructor(options: Current<WarmConnectionsOptions>, connect: Connect, isShort: (opening: number) => boolean) {
    this.#options = options;
    this.#connect = connect;
    this.#isShort = isShort;
  }

  /** How many wait to be taken. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Opens as many as are missing. */
  fill(): void {
    while (!this.#isClosed && this.#isShort(this.#opening.size)) this.#open();
  }

  /** Opens as many as are missing, a little later: after one was closed, or could not be opened. */
  fillSoon(): void {
    this.#cancelFill();
    if (!this.#isClosed) this.#cancelFill = this.#options.current.clock.after(pauseMs, () => this.fill(), true);
  }

  /** One that is open, if there is. */
  take(): Socket | undefined {
    const [socket] = this.#waiting;
    if (socket) this.#waiting.delete(socket);
    return socket?.ref();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelFill();
    for (const socket of [...this.#waiting, ...this.#opening]) socket.destroy();
  }

  #open(): void {
    const connecting = this.#connect((error, socket) => {
      this.#opening.delete(connecting);
      if (error || !socket) this.fillSoon();
      else this.#keep(socket);
    });
    this.#opening.add(connecting.unref());
  }

  #keep(socket: Socket): void {
    const { idleConnectionMs, clock } = this.#options.current;
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    this.#waiting.add(socket);
    const discard = () => {
      if (this.#waiting.delete(socket)) socket.destroy();
    };
    const forget = clock.after(idleConnectionMs, discard, true);
    socket.once('end', discard).once('close', () => {
      forget();
      discard();
    });
  }
}
