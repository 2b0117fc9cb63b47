import { connect, createServer, type Socket } from 'node:net';
import { loopback } from './ports.ts';

/** A port whose connections go on to another port, which may change. */
export interface Relay {
  /** New connections go here from now on; those that are open stay where they are. */
  leadTo(port: number): void;
  /** Takes no new connection, and ends those that are open. */
  close(): void;
}

/**
 * Listens on a port for a process that listens on another one. So a process can be replaced while its callers, who know one
 * address, go on. A connection is reset where nothing listens at the target.
 */
export function openRelay(port: number, target: number): Promise<Relay> {
  let current = target;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket)));
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
    const service = connect({ host: loopback, port: current, allowHalfOpen: true, noDelay: true });
    keep(caller);
    keep(service);
    join(caller, service);
    join(service, caller);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopback, () =>
      resolve({
        leadTo(next) {
          current = next;
        },
        close() {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      }),
    );
  });
}

/** What comes from one end goes to the other: bytes, their end, and a reset. */
function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.resetAndDestroy());
  // An end that was destroyed without an error has said no more than that.
  from.once('close', (hasFailed) => {
    if (!hasFailed && !from.readableEnded) to.destroy();
  });
}
