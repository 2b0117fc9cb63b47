import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../../test/eventually.ts';
import { capturedLog } from '../test-fixtures/captured-log.ts';
import { ask, http2Session } from '../test-fixtures/http2-client.ts';
import { expressVersions, legacyApp } from '../test-fixtures/legacy-app.ts';
import { createApp } from './app.ts';
import { startService } from './testing/started-service.ts';

const settings = { drainTimeoutMs: 100 };

function open(url: string): { socket: Socket; received: () => string } {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  return { socket, received: () => text };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const told = (logs: readonly object[], message: string) => logs.find((line) => 'msg' in line && line.msg === message);

describe.each(expressVersions)('an Express $version app on sockets', (version) => {
  it('keeps a connection in use after a 504, while its code works', async () => {
    const legacy = legacyApp(version);
    const service = await startService(legacy, { requestTimeoutMs: 50, settings });
    const { socket, received } = open(service.url);
    socket.write(get('/slow/json'));
    await eventually(() => received().includes('deadline_exceeded') || undefined);
    socket.write(get('/books/7'));
    await eventually(() => received().includes('{"id":"7"}') || undefined);
    legacy.emit('go on');
    socket.write(get('/books/8'));
    await eventually(() => received().endsWith('{"id":"8"}') || undefined);
    expect(received().match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 504', 'HTTP/1.1 200', 'HTTP/1.1 200']);
    socket.destroy();
    await service.stop();
  });

  it('is answered for during an upload that takes too long', async () => {
    const service = await startService(legacyApp(version), { requestTimeoutMs: 50, settings });
    const { socket, received } = open(service.url);
    const type = 'Content-Type: multipart/form-data; boundary=b';
    socket.write(`POST /upload HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 1000000\r\n\r\n`);
    socket.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf');
    await eventually(() => received().startsWith('HTTP/1.1 504') || undefined);
    expect(received()).toMatch(/connection: close/i);
    socket.write('more');
    await eventually(() => socket.closed || undefined);
    expect((await fetch(`${service.url}/books/7`)).status).toBe(200);
    await service.stop();
  });

  it('may write to a client that has left, and gives its place back', async () => {
    const legacy = legacyApp(version);
    const service = await startService(legacy, { maxInFlight: 2, settings });
    for (const _ of [1, 2, 3]) {
      const { socket } = open(service.url);
      const begun = once(legacy, 'slow begins');
      socket.write(get('/slow/chunks'));
      await begun;
      socket.destroy();
      await eventually(() => told(service.logs, 'client went away'));
      legacy.emit('go on');
      await eventually(async () => (await fetch(`${service.url}/books/7`)).ok || undefined);
    }
    expect(told(service.logs, 'client went away')).toMatchObject({ operation: 'GET /slow/:kind', status: 499 });
    await service.stop();
  });

  it('is cut off where its events do not end when the service stops', async () => {
    const legacy = legacyApp(version);
    const service = await startService(legacy, { settings });
    const { socket, received } = open(service.url);
    socket.write(get('/events'));
    await eventually(() => received().includes('data: 1') || undefined);
    await service.stop();
    expect(told(service.logs, 'cut off: the service stopped')).toMatchObject({ operation: 'GET /events' });
  });

  it('is served by servers of one’s own', async () => {
    const app = createApp(legacyApp(version), { logger: capturedLog().logger });
    const http1 = createServer(app).listen(0, '127.0.0.1');
    const http2 = createHttp2Server(app as unknown as Parameters<typeof createHttp2Server>[0]).listen(0, '127.0.0.1');
    await Promise.all([once(http1, 'listening'), once(http2, 'listening')]);
    const urlOf = ({ address }: { address(): unknown }) => `http://127.0.0.1:${(address() as AddressInfo).port}`;
    expect(await (await fetch(`${urlOf({ address: () => http1.address() })}/books/7`)).json()).toEqual({ id: '7' });
    const session = http2Session(urlOf({ address: () => http2.address() }));
    expect(await ask(session, { ':path': '/books/7' })).toMatchObject({ status: 200, body: '{"id":"7"}' });
    session.destroy();
    http1.closeAllConnections();
    http1.close();
    http2.close();
  });
});
