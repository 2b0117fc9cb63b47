import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { eventually } from '../../../test/eventually.ts';

/** What a raw server does with one request: `text` is its head and what came with it. */
export type Behaviour = (socket: Socket, text: string) => void;

/** A server that writes what it is told to, right or wrong, and remembers what it got. */
export class RawServer {
  readonly #server: Server;
  readonly #scheme: string;
  readonly sockets = new Set<Socket>();
  /** The heads of the requests that came, one text each. */
  readonly requests: string[] = [];
  /** Connections that were ever opened. */
  connections = 0;

  constructor(behave: Behaviour, tls?: TlsOptions) {
    this.#scheme = tls ? 'https' : 'http';
    const onSocket = (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        this.requests.push(chunk.toString());
        behave(socket, chunk.toString());
      });
    };
    this.#server = tls ? createTlsServer(tls, onSocket) : createServer(onSocket);
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A whole reply in HTTP/1.1. */
export function httpReply(body: string, { status = '200 OK', headers = {} as Record<string, string> } = {}): string {
  const all = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`;
}

/** An address where nobody listens. */
export async function deadAddress(): Promise<string> {
  const server = new RawServer(() => {});
  const address = await server.listen();
  await server.close();
  return address;
}

/** Waits until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  await eventually(holds);
}
