import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { certificateFiles } from './certificate-files.ts';
import { ask, http2Session } from './http2-client.ts';

/** One connection of a client to a service. */
export interface OneConnection {
  /** A GET, with a body where one is given. */
  get(path: string, body?: string): Promise<{ readonly status: number; readonly body: string }>;
  /** The service has said that it takes no more requests here. */
  isToLeave(): boolean;
  /** How many connections it took: more than one where the service has closed one. */
  opened(): number;
  close(): void;
}

/** A protocol that a service speaks: what its environment must say, and how to connect to it. */
export interface Wire {
  readonly env: Record<string, string>;
  connect(port: number): OneConnection;
  remove(): void;
}

/** All of them: `describe.each(wires)('%s', (_, open) => …)`. */
export const wires: readonly [string, () => Promise<Wire>][] = [
  ['HTTP/1.1', async () => ({ env: {}, connect: http1Connection, remove() {} })],
  [
    'cleartext HTTP/2',
    async () => ({ env: {}, connect: (port) => http2Connection(`http://127.0.0.1:${port}`), remove() {} }),
  ],
  [
    'HTTP/2 over TLS',
    async () => {
      const { env, client, remove } = await certificateFiles();
      return { env, connect: (port) => http2Connection(`https://localhost:${port}`, client), remove };
    },
  ],
];

const type = { 'content-type': 'text/plain' };

function http1Connection(port: number): OneConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let opened = 0;
  let isToLeave = false;
  const get = async (path: string, body = '') => {
    const headers = { ...type, 'content-length': Buffer.byteLength(body) };
    const sent = request({ host: '127.0.0.1', port, path, agent, ...(body && { headers }) });
    sent.end(body);
    const [reply] = await once(sent, 'response');
    if (!sent.reusedSocket) opened++;
    isToLeave = reply.headers.connection === 'close';
    return { status: reply.statusCode as number, body: await text(reply) };
  };
  return { get, isToLeave: () => isToLeave, opened: () => opened, close: () => agent.destroy() };
}

function http2Connection(url: string, options: Parameters<typeof http2Session>[1] = {}): OneConnection {
  const session = http2Session(url, options);
  const get = (path: string, body?: string) => ask(session, { ':path': path, ...(body && type) }, body);
  return { get, isToLeave: () => session.closed, opened: () => 1, close: () => session.destroy() };
}
