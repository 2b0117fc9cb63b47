import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';

export type Answer = (incoming: IncomingMessage, response: ServerResponse) => unknown;

/** A server that answers every request as it was last told to, over HTTP/1.1 or HTTP/2 without TLS. */
export interface Site {
  readonly address: string;
  /** Answers by this function from now on. */
  on(answer: Answer): void;
  close(): Promise<void>;
}

export async function openSite(protocol: 'http' | 'h2c'): Promise<Site> {
  let answer: Answer = (_, response) => response.end();
  const sockets = new Set<{ destroy(): void }>();
  const handle = (incoming: IncomingMessage, response: ServerResponse) => {
    incoming.on('error', () => {});
    response.on('error', () => {});
    // Where a client goes away in the middle, its test knows: an unhandled rejection would fail another one.
    Promise.resolve(answer(incoming, response)).catch(() => response.destroy());
  };
  const server = protocol === 'http' ? createServer(handle) : createHttp2Server(handle as never);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    on: (next) => {
      answer = next;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Sends the body of a request back. */
export const echo: Answer = (incoming, response) => incoming.pipe(response);

/** Sends a form back: its texts, and of its files name, type and size. */
export const echoForm: Answer = async (incoming, response) => {
  const headers = { 'content-type': String(incoming.headers['content-type']) };
  const form = await new Response(new Uint8Array(await bodyOf(incoming)), { headers }).formData();
  const parts = [...form].map(([name, value]) =>
    typeof value === 'string' ? [name, value] : [name, value.name, value.type, value.size],
  );
  response.end(JSON.stringify(parts));
};

/** What a call was rejected with. */
export async function failureOf(call: Promise<unknown>): Promise<Record<string, unknown> & Error> {
  try {
    await call;
  } catch (error) {
    return error as never;
  }
  throw new Error('expected a rejection');
}

export async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
