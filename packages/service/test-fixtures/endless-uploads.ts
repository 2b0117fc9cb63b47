import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Express } from 'express';
import { createDualProtocolServer } from '../src/connections/dual-protocol-server.ts';
import { openSecureContext } from '../src/tls/secure-context.ts';
import { ca, certificate } from './certificates.ts';

/** How a body is announced: by its length, in chunks, or after `100 Continue`. */
export type Framing = 'Content-Length' | 'chunked' | 'Expect: 100-continue';

/** A request whose body has no end. */
export interface Upload {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: by its length. */
  readonly framing?: Framing;
  /** Bytes of a body that stops after them, and does not end. Default: goes on while the server takes more. */
  readonly stopsAfter?: number;
}

/** What came of it. */
export interface UploadOutcome {
  readonly status: number;
  readonly body: string;
  /** Interim responses: 100. */
  readonly interim: readonly number[];
  /** Whether the response says that it was the connection's last. False over HTTP/2. */
  readonly saysClose: boolean;
  /** Bytes that the server has taken off the connection, until the client closed it. */
  readonly bytesRead: number;
  /** The code that the stream ended with; undefined over HTTP/1.1. */
  readonly resetCode: number | undefined;
}

/** Sends uploads to an app over one protocol. */
export interface Uploading {
  send(upload: Upload): Promise<UploadOutcome>;
  close(): void;
}

/** Bytes that no test gets to: far more than kernels hold for two sockets. */
const announcedBytes = 1_000_000_000;
const piece = Buffer.alloc(65_536, ' ');
const own = await certificate();
const limits = { headersTimeout: 5000, keepAliveTimeout: 5000, maxHeaderSize: 16_384 };

/** Each way to a service: `describe.each(uploadWires)('… over $protocol', …)`. */
export const uploadWires = [
  { protocol: 'HTTP/1.1', open: (app: Express) => opened(app, { isTls: false, send: sendHttp1 }) },
  { protocol: 'HTTP/1.1 over TLS', open: (app: Express) => opened(app, { isTls: true, send: sendHttp1 }) },
  { protocol: 'cleartext HTTP/2', open: (app: Express) => opened(app, { isTls: false, send: sendHttp2 }) },
  { protocol: 'HTTP/2 over TLS', open: (app: Express) => opened(app, { isTls: true, send: sendHttp2 }) },
] as const;

interface Way {
  readonly isTls: boolean;
  readonly send: (port: number, isTls: boolean, upload: Upload) => Promise<Omit<UploadOutcome, 'bytesRead'>>;
}

async function opened(app: Express, { isTls, send }: Way): Promise<Uploading> {
  const { server } = createDualProtocolServer(app, { limits, tls: isTls ? openSecureContext(own) : undefined });
  const sockets = new Set<Socket>();
  (server as Server).prependListener('connection', (socket) => void sockets.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async send(upload) {
      sockets.clear();
      const outcome = await send(port, isTls, upload);
      const [socket] = sockets;
      return { ...outcome, bytesRead: socket?.bytesRead ?? 0 };
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function sendHttp1(port: number, isTls: boolean, upload: Upload): Promise<Omit<UploadOutcome, 'bytesRead'>> {
  const options = { port, host: '127.0.0.1', allowHalfOpen: true };
  const socket = isTls
    ? connectTls({ ...options, ca, servername: 'localhost', ALPNProtocols: ['http/1.1'] })
    : connect(options);
  return new Promise((resolve, reject) => {
    let received = '';
    const look = () => {
      const [, interim = '', status, head = '', body = ''] = whole.exec(received) ?? [];
      if (status === undefined || body.length < Number(/content-length: (\d+)/i.exec(head)?.[1])) return;
      socket.destroy();
      resolve({
        status: Number(status),
        body,
        interim: [...interim.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) => Number(code)),
        saysClose: /^connection: close$/im.test(head),
        resetCode: undefined,
      });
    };
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
      look();
    });
    socket.on('error', (error) => reject(new Error(`${error.message}; got ${JSON.stringify(received)}`)));
    socket.on('close', () => reject(new Error(`closed; got ${JSON.stringify(received)}`)));
    socket.write(headOf(upload));
    if (upload.framing !== 'Expect: 100-continue') pump(socket, upload);
  });
}

const whole = /^((?:HTTP\/1\.1 1\d\d .*?\r\n\r\n)*)HTTP\/1\.1 ([2-5]\d\d) (.*?)\r\n\r\n(.*)$/s;

function headOf({ method, path, headers = {}, framing = 'Content-Length' }: Upload): string {
  const isChunked = framing === 'chunked';
  const all = {
    Host: 'localhost',
    ...headers,
    ...(isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(announcedBytes) }),
    ...(framing === 'Expect: 100-continue' && { Expect: '100-continue' }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  // One chunk, as long as the body would be.
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${isChunked ? `${announcedBytes.toString(16)}\r\n` : ''}`;
}

/** Writes as fast as the server takes it. */
function pump(to: NodeJS.WritableStream & { readonly destroyed?: boolean }, { stopsAfter = announcedBytes }: Upload) {
  let left = stopsAfter;
  const next = () => {
    while (left > 0 && !to.destroyed) {
      const size = Math.min(left, piece.length);
      left -= size;
      if (!to.write(piece.subarray(0, size))) return void to.once('drain', next);
    }
  };
  next();
}

async function sendHttp2(port: number, isTls: boolean, upload: Upload): Promise<Omit<UploadOutcome, 'bytesRead'>> {
  const session = connectHttp2(`${isTls ? 'https' : 'http'}://localhost:${port}`, isTls ? { ca } : {});
  session.on('error', () => {});
  const { method, path, headers, framing } = upload;
  const stream = session.request(
    {
      ':method': method,
      ':path': path,
      ...headers,
      ...(framing !== 'chunked' && { 'content-length': String(announcedBytes) }),
      ...(framing === 'Expect: 100-continue' && { expect: '100-continue' }),
    },
    { endStream: false },
  );
  const interim: number[] = [];
  let status = 0;
  let body = '';
  stream.on('headers', (head) => void interim.push(Number(head[':status'])));
  stream.on('response', (head) => {
    status = Number(head[':status']);
  });
  stream.setEncoding('utf8').on('data', (text) => {
    body += text;
  });
  stream.on('error', () => {});
  if (framing !== 'Expect: 100-continue') pump(stream, upload);
  // Node's client notes the reset, and then waits for writes that can never end.
  const reset = once(stream, 'aborted');
  await once(stream, 'end');
  await reset;
  session.destroy();
  return { status, body, interim, saysClose: false, resetCode: stream.rstCode };
}
