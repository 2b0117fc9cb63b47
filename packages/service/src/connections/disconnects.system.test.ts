import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { eventually, unchanging } from '../../../../test/eventually.ts';
import { ca } from '../../test-fixtures/certificates.ts';
import { afterTest, waitingService } from '../../test-fixtures/waiting-service.ts';

/** A connection, and the TCP socket below it. */
interface Connection {
  readonly socket: Socket;
  readonly tcp: Socket;
}

async function socketTo(port: number, isTls: boolean, protocol: string): Promise<Connection> {
  const tcp = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  afterTest(() => tcp.destroy());
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
    const { port, counts, connections, lines } = await waitingService(isTls);
    const connection = await socketTo(port, isTls, 'h2');
    const session = connectHttp2(`http://127.0.0.1:${port}`, {
      createConnection: () => connection.socket,
      settings: { initialWindowSize },
    }).on('error', () => {});
    for (let n = 0; n < 3; n++) session.request({ ':path': path }).on('error', () => {});
    await eventually(() => counts.begun === 3);
    await unchanging(() => connection.tcp.bytesRead); // what is on its way has arrived
    leave(how, connection);
    await eventually(() => lines.filter(({ status }) => status === 499).length === 3);
    await eventually(() => counts.ended === 3);
    expect(await connections.close(60_000)).toBe(0);
  });

  it('is let go of over HTTP/1.1', async () => {
    const { port, counts, connections, lines } = await waitingService(isTls);
    const connection = await socketTo(port, isTls, 'http/1.1');
    connection.socket.write(`GET ${path}?bytes=8000000 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await eventually(() => counts.begun === 1);
    await unchanging(() => connection.tcp.bytesRead); // what is on its way has arrived
    leave(how, connection);
    // It still reads after a FIN: what was sent already may arrive.
    if (how === 'a FIN') connection.socket.resume();
    await eventually(() => lines.length === 1);
    await eventually(() => counts.ended === 1);
    expect(await connections.close(60_000)).toBe(0);
  });
});

describe.each(transports)('over $transport, a client', ({ isTls }) => {
  it.each(ways)('that leaves in mid-body by %s is let go of', async (how) => {
    const { port, connections, lines } = await waitingService(isTls);
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
    await unchanging(() => second.tcp.bytesRead);
    leave(how, first);
    leave(how, second);
    await eventually(() => lines.length === 2);
    expect(await connections.close(60_000)).toBe(0);
  });

  it.each(
    [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL].flatMap((code) => paths.map((path) => ({ code, path }))),
  )('that resets $path in mid-reply with code $code has no place any more', async ({ code, path }) => {
    const { port, counts, connections, lines } = await waitingService(isTls);
    const connection = await socketTo(port, isTls, 'h2');
    const session = connectHttp2(`http://127.0.0.1:${port}`, { createConnection: () => connection.socket }).on(
      'error',
      () => {},
    );
    for (let n = 0; n < 30; n++) {
      const asked = session.request({ ':path': path }).on('error', () => {});
      const replied = path === '/wait' || once(asked, 'response');
      await eventually(() => counts.begun === n + 1);
      await replied;
      asked.close(code);
    }
    await eventually(() => lines.length === 30);
    const quick = session.request({ ':path': '/quick' });
    const [head] = await once(quick, 'response');
    expect(head[':status']).toBe(200);
    quick.resume();
    await eventually(() => counts.ended === 30);
    expect(await connections.close(60_000)).toBe(0);
  });
});
