import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { noteCutOff } from '../requests/cut-off.ts';
import { InFlight } from './in-flight.ts';
import type { Reply } from './unread-replies.ts';

/**
 * A server's connections, to close them without failing a request. Plain `server.close()` cannot: under
 * keep-alive traffic it never ends, and it cuts responses that wait for a slow reader.
 */
export interface Connections {
  /** True from {@link startClosing} on. */
  readonly isClosing: boolean;
  /** The replies that have not ended, or that their clients have not read to the end. */
  replies(): Iterable<Reply>;
  /** From now on the last HTTP/1.1 response on each connection says `Connection: close`, those in flight included. Still accepts. */
  startClosing(): void;
  /**
   * Stops accepting, closes what is idle, and waits for requests in flight, at most `timeoutMs`. Answers
   * with how many had to be cut off.
   */
  close(timeoutMs: number): Promise<number>;
}

/** Grace period, in ms, for new connections that have not sent a byte yet: a request may be on its way. */
const newcomerMs = 500;

/** A turn of the event loop that took longer, in ms, says nothing of what has arrived since it began: on a busy machine the process may have waited for a core. */
const longTurnMs = 1;

/** Turns of the event loop in a row that may be long or bring requests, before idle connections are closed nevertheless. */
const mostTurns = 100;

/** Watches a server's connections. Call it before the server listens. */
export function trackConnections(server: Server): Connections {
  return new ServerConnections(server);
}

class ServerConnections implements Connections {
  readonly #server: Server;
  /** And when each was opened. */
  readonly #sockets = new Map<Socket, number>();
  readonly #lost = new Set<Socket>();
  readonly #inFlight = new InFlight<ServerResponse>();
  /** The last reply on each connection, where it says `Connection: close` for no other reason than that this server closes. */
  readonly #lastReplies = new WeakMap<Socket, ServerResponse>();
  #isClosing = false;
  #isStopped = false;
  #isWaitingForQuiet = false;
  #requests = 0;
  /** Ends {@link close} where nothing is left to wait for. */
  #settle = () => {};

  constructor(server: Server) {
    this.#server = server;
    const track = (socket: Socket) => this.#track(socket);
    server.on('connection', track);
    // What is inside of it, where there is TLS: after the handshake it may have no bytes to show yet.
    server.on('secureConnection', track);
    // In front of the app, which may answer within the same turn.
    server.prependListener('request', (_req, res: ServerResponse) => this.#began(res));
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  replies(): Iterable<Reply> {
    return this.#inFlight;
  }

  startClosing(): void {
    this.#isClosing = true;
    for (const res of this.#inFlight.inOrder()) this.#closeAfter(res);
  }

  close(timeoutMs: number): Promise<number> {
    this.startClosing();
    this.#isStopped = true;
    let cutOff = 0;
    let isClosed = false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        cutOff = this.#inFlight.size;
        this.#cutOff();
      }, timeoutMs);
      const newcomers = setTimeout(() => this.#closeIdleWhenQuiet(), newcomerMs + 1);
      // A server can be closed before the last response has heard that its socket is: that one has yet to be logged.
      this.#settle = () => {
        if (!isClosed || this.#inFlight.size > 0) return;
        clearTimeout(timer);
        clearTimeout(newcomers);
        resolve(cutOff);
      };
      // net's close: http's own would close connections by Node's idea of idle.
      NetServer.prototype.close.call(this.#server, () => {
        isClosed = true;
        this.#settle();
      });
      this.#closeIdleWhenQuiet();
    });
  }

  #track(socket: Socket): void {
    this.#sockets.set(socket, performance.now());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#lost.size === 0) setImmediate(() => this.#closeQueued());
      this.#lost.add(socket);
    });
  }

  // Node 22 says nothing to a response that waits behind another one when their connection is lost. Once for all
  // that are lost in a turn, which may be thousands.
  #closeQueued(): void {
    for (const res of this.#inFlight) {
      if (!this.#lost.has(res.req.socket) || res.closed) continue;
      res.destroy(); // or what looks for it would take the client for one that is still there
      res.emit('close');
    }
    this.#lost.clear();
  }

  #began(res: ServerResponse): void {
    this.#requests++;
    this.#inFlight.add(res);
    if (this.#isClosing) this.#closeAfter(res);
    res.once('close', () => {
      this.#inFlight.delete(res);
      if (this.#isStopped) this.#closeIdleWhenQuiet();
      this.#settle();
    });
  }

  // Node writes `Connection: close` then, and closes after that reply: the replies behind it would be lost.
  #closeAfter(res: ServerResponse): void {
    const { socket } = res.req;
    const before = this.#lastReplies.get(socket);
    if (before) before.shouldKeepAlive = true;
    if (res.shouldKeepAlive) this.#lastReplies.set(socket, res);
    else this.#lastReplies.delete(socket);
    res.shouldKeepAlive = false;
  }

  // While a turn of the event loop runs, a request may arrive on a connection that looks idle. Its bytes are in the kernel,
  // and closing the connection would reset it. So connections close only after a short turn that brought no request.
  #closeIdleWhenQuiet(): void {
    if (this.#isWaitingForQuiet) return;
    this.#isWaitingForQuiet = true;
    const look = (turnsLeft: number, before: number, beganAtMs: number) => {
      const [now, nowMs] = [this.#requests, performance.now()];
      if ((now !== before || nowMs - beganAtMs > longTurnMs) && turnsLeft > 0) {
        setImmediate(() => look(turnsLeft - 1, now, nowMs));
        return;
      }
      this.#isWaitingForQuiet = false;
      this.#closeIdle();
    };
    // Not the next setImmediate alone, which belongs to this turn.
    setImmediate(() => look(mostTurns, -1, 0));
  }

  #closeIdle(): void {
    // Node takes a response that has ended for done, though a slow reader has yet to get it: wait for that one's 'close'.
    if ([...this.#inFlight].some((res) => res.writableEnded)) return;
    const silent = [...this.#sockets.keys()].filter(({ bytesRead }) => bytesRead === 0);
    // Node 26 takes a newcomer for idle.
    if (silent.some((socket) => this.#isNewcomer(socket))) return;
    this.#server.closeIdleConnections();
    // Earlier ones take a connection that never sent a byte for busy.
    for (const socket of silent) socket.destroy();
  }

  #isNewcomer(socket: Socket): boolean {
    return performance.now() - (this.#sockets.get(socket) ?? 0) < newcomerMs;
  }

  #cutOff(): void {
    for (const res of this.#inFlight) noteCutOff(res);
    this.#server.closeAllConnections();
    // Those that are no HTTP yet: in a TLS handshake, or two bytes into their first request.
    for (const socket of this.#sockets.keys()) socket.destroy();
  }
}
