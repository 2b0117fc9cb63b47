import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, jest } from '@jest/globals';
import { eventually, unchanging } from '../../../../test/eventually.ts';
import { trackConnections } from './track-connections.ts';

async function listening(app: RequestListener) {
  const server = createServer({ keepAliveTimeout: 60_000 }, app);
  const connections = trackConnections(server);
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = async () => {
    const [reply] = (await once(request({ port, agent }).end(), 'response')) as [IncomingMessage];
    return { connection: reply.headers.connection, body: await text(reply) };
  };
  return { server, connections, port, get };
}

describe('track-connections', () => {
  it('keeps connections until it closes, then tells each client to leave, and accepts still', async () => {
    const { connections, get } = await listening((_req, res) => res.end('x'));
    expect(await get()).toEqual({ connection: 'keep-alive', body: 'x' });
    connections.startClosing();
    expect(connections.isClosing).toBe(true);
    expect(await get()).toEqual({ connection: 'close', body: 'x' });
    expect(await get()).toEqual({ connection: 'close', body: 'x' });
    expect(await connections.close(1000)).toBe(0);
  });

  it('tells the client of a request in flight, too, and waits for it', async () => {
    const started = Promise.withResolvers<() => void>();
    const { connections, get } = await listening((_req, res) => started.resolve(() => res.end('x')));
    const reply = get();
    const finish = await started.promise;
    const closed = connections.close(5000);
    finish();
    expect(await reply).toEqual({ connection: 'close', body: 'x' });
    expect(await closed).toBe(0);
  });

  it.each(['', 'Connection: close\r\n'])(
    'answers all requests that wait in a row, and says with the last reply that it closes: %j',
    async (header) => {
      const waiting: ServerResponse[] = [];
      const { connections, port } = await listening((_req, res) => void waiting.push(res));
      const client = connect(port);
      client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
      await eventually(() => waiting.length === 3);
      connections.startClosing();
      client.write(`GET / HTTP/1.1\r\nHost: x\r\n${header}\r\n`);
      await eventually(() => waiting.length === 4);
      const closed = connections.close(60_000);
      for (const res of waiting) res.end('x');
      const replies = await text(client);
      expect(replies.match(/^Connection: .*$/gim)).toEqual([
        ...Array(3).fill('Connection: keep-alive'),
        'Connection: close',
      ]);
      expect(await closed).toBe(0);
    },
  );

  it('knows the last reply on a connection where another request has ended meanwhile', async () => {
    const waiting: ServerResponse[] = [];
    const { connections, port } = await listening((_req, res) => void waiting.push(res));
    const other = connect(port);
    other.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => waiting.length === 1);
    const client = connect(port);
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
    await eventually(() => waiting.length === 4);
    waiting.shift()?.end();
    await eventually(() => [...connections.replies()].length === 3);
    const closed = connections.close(60_000);
    for (const res of waiting) res.end('x');
    expect((await text(client)).match(/\r\n\r\nx/g)).toHaveLength(3);
    expect(await closed).toBe(0);
    other.destroy();
  });

  it('closes idle connections at once', async () => {
    const { connections, get } = await listening((_req, res) => res.end('x'));
    await get();
    expect(await connections.close(60_000)).toBe(0);
  });

  it('closes a connection that never sent anything at once', async () => {
    const { server, connections, port } = await listening((_req, res) => res.end('x'));
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() - 60_000);
    const client = connect(port).resume();
    const [socket] = await once(server, 'connection');
    clock.mockRestore();
    const closed = connections.close(5000);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(socket.destroyed).toBe(true);
    expect(await closed).toBe(0);
    client.destroy();
  });

  it('waits for the request that a new connection was opened for', async () => {
    const { server, connections, port } = await listening((_req, res) => res.end('x'));
    const socket = connect(port);
    await once(server, 'connection');
    const closed = connections.close(5000);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*x$/s);
    expect(await closed).toBe(0);
  });

  it('tells a response that waits behind another one that their connection is lost', async () => {
    const waiting: ServerResponse[] = [];
    const closed: ServerResponse[] = [];
    const { connections, port } = await listening((_req, res) => {
      waiting.push(res.on('close', () => closed.push(res)));
    });
    const client = connect(port).on('error', () => {});
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
    await eventually(() => waiting.length === 2);
    client.resetAndDestroy();
    await eventually(() => closed.length === 2);
    expect(waiting.map(({ destroyed }) => destroyed)).toEqual([true, true]);
    expect(await connections.close(5000)).toBe(0);
  });

  it('does not wait long for a silent connection', async () => {
    const { server, connections, port } = await listening((_req, res) => res.end('x'));
    const socket = connect(port);
    await once(server, 'connection');
    expect(await connections.close(60_000)).toBe(0);
    socket.destroy();
  });

  it('closes a connection that falls idle after its head was out', async () => {
    const started = Promise.withResolvers<() => void>();
    const { connections, get } = await listening((_req, res) => {
      res.write('x');
      started.resolve(() => res.end('y'));
    });
    const reply = get();
    const finish = await started.promise;
    const closed = connections.close(60_000);
    finish();
    expect(await reply).toMatchObject({ body: 'xy' });
    expect(await closed).toBe(0);
  });

  it('does not cut an answer that a slow reader has yet to read', async () => {
    const bytes = 30_000_000;
    const { server, connections, port } = await listening((_req, res) => res.end(Buffer.alloc(bytes)));
    const socket = connect(port).pause();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(server, 'request');
    const closed = connections.close(5000);
    await unchanging(() => socket.bytesRead); // all buffers on the way are full
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    await once(socket.resume(), 'close');
    expect(received).toBeGreaterThan(bytes);
    expect(await closed).toBe(0);
  });

  it('waits for a stuck request no longer than it may, and says how many it cut off', async () => {
    const arrived = Promise.withResolvers<void>();
    const { connections, get } = await listening(() => arrived.resolve());
    const reply = expect(get()).rejects.toThrow();
    await arrived.promise;
    expect(await connections.close(50)).toBe(1);
    await reply;
  });
});
