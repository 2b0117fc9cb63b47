import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { createInterface } from 'node:readline';

const closing: (() => unknown)[] = [];

/** Calls this in {@link closeReplicas}. */
export function whenClosing(close: () => unknown): void {
  closing.push(close);
}

/** Closes all that the functions here have opened, last first. */
export async function closeReplicas(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

/** A replica, the methods of the requests that it has seen, and where it is. */
export interface Replica {
  readonly address: string;
  readonly seen: string[];
}

async function listening(server: Server | TcpServer, port = 0): Promise<string> {
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A replica that answers; but it breaks the connection of a request whose query is `reset`. */
export async function live(port?: number): Promise<Replica> {
  const seen: string[] = [];
  const server = createServer((req, res) => {
    seen.push(req.method ?? '');
    req.resume().on('end', () => (req.url?.endsWith('?reset') ? req.socket.resetAndDestroy() : res.end('{}')));
  });
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { address: await listening(server, port), seen };
}

/** A replica that breaks every connection as soon as it has read a request. */
export async function breaking(port?: number): Promise<Replica> {
  const seen: string[] = [];
  const server = createTcpServer((socket) => {
    socket
      .on('error', () => {})
      .once('data', (bytes) => {
        seen.push(String(bytes).split(' ')[0] ?? '');
        socket.destroy();
      });
  });
  closing.push(() => server.close());
  return { address: await listening(server, port), seen };
}

/** A replica to which no connection is made and none is refused, as with a container that was killed. */
export async function hanging(): Promise<Replica> {
  const program = `const server = require('node:net').createServer().listen(0, '127.0.0.1', 1, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  })`;
  const child: ChildProcess = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  closing.push(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }), 'line');
  // The kernel completes as many connections as the backlog holds.
  const filling: Socket[] = Array.from({ length: 4 }, () => connect(Number(line), '127.0.0.1').on('error', () => {}));
  closing.push(() => filling.forEach((socket) => void socket.destroy()));
  await Promise.race(filling.map((socket) => once(socket, 'connect')));
  return { address: `127.0.0.1:${line}`, seen: [] };
}

/** A replica that answers each request with these bytes, and nothing more. */
export async function answering(bytes: (request: string) => string | undefined): Promise<Replica> {
  const seen: string[] = [];
  const server = createTcpServer((socket) => {
    closing.push(() => socket.destroy());
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        const request = chunk.toString('latin1');
        seen.push(request.split(' ')[0] ?? '');
        const answer = bytes(request);
        if (answer !== undefined) socket.end(answer, 'latin1');
      });
  });
  closing.push(() => server.close());
  return { address: await listening(server), seen };
}
