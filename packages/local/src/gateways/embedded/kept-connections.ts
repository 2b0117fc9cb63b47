import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';

/** Less than a replica's DRAIN_DELAY_MS: when one that stops closes its idle connections there are none of ours, on which a request may be on its way. */
const idleConnectionMs = 150;

/**
 * Connections to replicas, kept for the next request. One that brings bytes while it is idle is closed: nobody has asked
 * for them, and the next caller would take them for its reply. nginx does the same.
 */
export class KeptConnections extends Agent {
  constructor() {
    super({ keepAlive: true, maxFreeSockets: 64, timeout: idleConnectionMs });
  }

  override keepSocketAlive(socket: Duplex): boolean {
    if (socket.readableLength > 0) return false;
    socket.on('data', destroyThis);
    return super.keepSocketAlive(socket) ?? true;
  }

  override reuseSocket(socket: Duplex, request: Parameters<Agent['reuseSocket']>[1]): void {
    socket.off('data', destroyThis);
    super.reuseSocket(socket, request);
  }
}

function destroyThis(this: Duplex): void {
  this.destroy();
}
