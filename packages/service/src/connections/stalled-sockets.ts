import type { Server, Socket } from 'node:net';
import { kernelSendQueues, portsOf, unsentBytes } from './send-queues.ts';

/** What waits for one client: bytes in Node, bytes in the kernel if that was looked at, and since when neither changed. */
interface Waiting {
  queued: number;
  inKernel: number | undefined;
  sinceMs: number;
}

/**
 * Finds connections whose client takes no byte. What Node holds may stand still while the kernel still sends: its send
 * queues are read where a connection has stood still for half of the timeout.
 */
export class StalledSockets {
  readonly #timeoutMs: number;
  readonly #sockets = new Map<Socket, Waiting>();
  #isReading = false;

  /** Call it before the server listens. */
  constructor(server: Server, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    server.on('connection', (socket: Socket) => {
      this.#sockets.set(socket, { queued: 0, inKernel: undefined, sinceMs: 0 });
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Ends connections that have stood still for the timeout; returns how many. Call it several times within the timeout. */
  async end(nowMs: number): Promise<number> {
    const suspects = this.#suspects(nowMs);
    if (suspects.length === 0 || this.#isReading) return 0;
    this.#isReading = true;
    const queues = await kernelSendQueues();
    this.#isReading = false;
    let count = 0;
    for (const socket of suspects) {
      const waiting = this.#sockets.get(socket);
      if (!waiting) continue;
      const inKernel = queues.get(portsOf(socket));
      if (waiting.inKernel !== undefined && inKernel !== waiting.inKernel) waiting.sinceMs = nowMs;
      waiting.inKernel = inKernel;
      if (nowMs - waiting.sinceMs < this.#timeoutMs) continue;
      socket.destroy();
      count++;
    }
    return count;
  }

  /** Notes what Node holds for each client. */
  #suspects(nowMs: number): Socket[] {
    const suspects: Socket[] = [];
    for (const [socket, waiting] of this.#sockets) {
      const queued = unsentBytes(socket);
      if (queued === 0 || queued !== waiting.queued) {
        waiting.queued = queued;
        waiting.inKernel = undefined;
        waiting.sinceMs = nowMs;
      } else if (nowMs - waiting.sinceMs >= this.#timeoutMs / 2) suspects.push(socket);
    }
    return suspects;
  }
}
