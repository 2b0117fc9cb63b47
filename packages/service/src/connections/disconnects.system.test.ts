import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defineContract, get, post, stream } from '@parley/contract';
import { z } from 'zod';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { ca, certificate } from '../../test-fixtures/certificates.ts';
import { createApp } from '../app.ts';
import { openSecureContext } from '../tls/secure-context.ts';
import { createDualProtocolServer } from './dual-protocol-server.ts';
import { trackDualProtocolServer } from './track-dual-protocol-server.ts';

const contract = defineContract('left', {
  wait: get('/wait', { summary: 'Never answers', output: z.object({}) }),
  blob: get('/blob', {
    summary: 'Answers with many bytes',
    input: z.object({ bytes: z.coerce.number().default(1_000_000) }),
    output: z.object({ text: z.string() }),
  }),
  quick: get('/quick', { summary: 'Answers at once', output: z.object({}) }),
  write: post('/write', { summary: 'Takes a body', input: z.object({ text: z.string() }), output: z.object({}) }),
  sse: get('/sse', { summary: 'Events', output: stream(z.object({ text: z.string() }), { as: 'sse' }) }),
  ndjson: get('/ndjson', { summary: 'Lines', output: stream(z.object({ text: z.string() }), { as: 'ndjson' }) }),
});
const limits = { headersTimeout: 60_000, keepAliveTimeout: 60_000 };
const own = await certificate();
const patience = AbortSignal.timeout(2_147_483_647);
const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0).reverse()) close();
});

async function listening(isTls: boolean) {
  const counts = { begun: 0, cancelled: 0, ended: 0 };
  async function* watch(_input: unknown, context?: { readonly signal?: AbortSignal }) {
    counts.begun++;
    try {
      yield { text: 'first' };
      await wait(1e8, undefined, { signal: context?.signal ?? patience });
    } finally {
      counts.ended++;
    }
  }
  const handlers = {
    wait: async (_input: unknown, context?: { readonly signal?: AbortSignal }) => {
      counts.begun++;
      await wait(1e8, undefined, { signal: context?.signal ?? patience }).catch(() => counts.cancelled++);
      return {};
    },
    blob: async ({ bytes }: { readonly bytes: number }) => {
      counts.begun++;
      return { text: 'x'.repeat(bytes) };
    },
    quick: async () => ({}),
    write: async () => ({}),
    sse: watch,
    ndjson: watch,
  };
  const { logger, lines } = capturedLog();
  const app = createApp(contract, handlers, { logger, maxInFlight: 20, requestTimeoutMs: 600_000 });
  const dualServer = createDualProtocolServer(app, { limits, tls: isTls ? openSecureContext(own) : undefined });
  const connections = trackDualProtocolServer(dualServer);
  await once(dualServer.server.listen(0, '127.0.0.1'), 'listening');
  open.push(() => dualServer.server.close());
  const { port } = dualServer.server.address() as AddressInfo;
  return { port, counts, connections, lines };
}

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 1500 && !holds(); n++) await wait(5);
  expect(holds()).toBe(true);
}

/** A connection, and the TCP socket below it. */
interface Connection {
  readonly socket: Socket;
  readonly tcp: Socket;
}

async function socketTo(port: number, isTls: boolean, protocol: string): Promise<Connection> {
  const tcp = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  open.push(() => tcp.destroy());
  await once(tcp, 'connect');
  if (!isTls) return { socket: tcp, tcp };
  const socket = connectTls({ socket: tcp, servername: 'localhost', ca, ALPNProtocols: [protocol] }).on(
    'error',
    () => {},
  );
  await once(socket, 'secureConnect');
  return { socket, tcp };
}

function leave(how: string, { socket, tcp }: Connection): void {
  if (how === 'a FIN') socket.end();
  else if (how === 'a RST') tcp.resetAndDestroy();
  else socket.destroy();
}

const transports = [
  { transport: 'cleartext', isTls: false },
  { transport: 'TLS', isTls: true },
];
const ways = ['a FIN', 'a RST', 'a close'];
const paths = ['/wait', '/blob', '/sse', '/ndjson'];
const requests = transports.flatMap((one) => ways.flatMap((how) => paths.map((path) => ({ ...one, how, path }))));

describe.each(requests)('a client that leaves $path by $how over $transport', ({ isTls, how, path }) => {
  it.each([0, 65_535])('is let go of over HTTP/2, with a window of %d bytes', async (initialWindowSize) => {
    const { port, counts, connections, lines } = await listening(isTls);
    const connection = await socketTo(port, isTls, 'h2');
    const session = connectHttp2(`http://127.0.0.1:${port}`, {
      createConnection: () => connection.socket,
      settings: { initialWindowSize },
    }).on('error', () => {});
    for (let n = 0; n < 3; n++) session.request({ ':path': path }).on('error', () => {});
    await until(() => counts.begun === 3);
    await wait(20);
    leave(how, connection);
    await until(() => lines.filter(({ status }) => status === 499).length === 3);
    if (path === '/wait') expect(counts.cancelled).toBe(3);
    if (path === '/sse' || path === '/ndjson') await until(() => counts.ended === 3);
    expect(await connections.close(60_000)).toBe(0);
  });

  it('is let go of over HTTP/1.1', async () => {
    const { port, counts, connections, lines } = await listening(isTls);
    const connection = await socketTo(port, isTls, 'http/1.1');
    connection.socket.write(`GET ${path}?bytes=8000000 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => counts.begun === 1);
    await wait(20);
    leave(how, connection);
    // It still reads after a FIN: what was sent already may arrive.
    if (how === 'a FIN') connection.socket.resume();
    await until(() => lines.length === 1);
    if (path === '/wait') expect(counts.cancelled).toBe(1);
    if (path === '/sse' || path === '/ndjson') await until(() => counts.ended === 1);
    expect(await connections.close(60_000)).toBe(0);
  });
});

describe.each(transports)('over $transport, a client', ({ isTls }) => {
  it.each(ways)('that leaves in mid-body by %s is let go of', async (how) => {
    const { port, connections, lines } = await listening(isTls);
    const first = await socketTo(port, isTls, 'http/1.1');
    const head = 'POST /write HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{';
    first.socket.write(head);
    const second = await socketTo(port, isTls, 'h2');
    const session = connectHttp2(`http://127.0.0.1:${port}`, { createConnection: () => second.socket }).on(
      'error',
      () => {},
    );
    const sent = session.request({ ':method': 'POST', ':path': '/write', 'content-type': 'application/json' });
    sent.on('error', () => {}).write('{');
    await wait(50);
    leave(how, first);
    leave(how, second);
    await until(() => lines.length === 2);
    expect(await connections.close(60_000)).toBe(0);
  });

  it.each(
    [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL].flatMap((code) => paths.map((path) => ({ code, path }))),
  )('that resets $path in mid-reply with code $code has no place any more', async ({ code, path }) => {
    const { port, counts, connections, lines } = await listening(isTls);
    const connection = await socketTo(port, isTls, 'h2');
    const session = connectHttp2(`http://127.0.0.1:${port}`, { createConnection: () => connection.socket }).on(
      'error',
      () => {},
    );
    for (let n = 0; n < 30; n++) {
      const asked = session.request({ ':path': path }).on('error', () => {});
      const replied = path === '/wait' || once(asked, 'response');
      await until(() => counts.begun === n + 1);
      await replied;
      asked.close(code);
    }
    await until(() => lines.length === 30);
    const quick = session.request({ ':path': '/quick' });
    const [head] = await once(quick, 'response');
    expect(head[':status']).toBe(200);
    quick.resume();
    if (path === '/sse' || path === '/ndjson') await until(() => counts.ended === 30);
    expect(await connections.close(60_000)).toBe(0);
  });
});
