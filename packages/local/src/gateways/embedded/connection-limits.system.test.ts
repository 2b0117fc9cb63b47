import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../../test/eventually.ts';
import { freePort } from '../../../../../test/free-port.ts';
import { type RawClient, rawClient, startTestGateway } from '../../../test-fixtures/embedded-gateway.ts';
import { loopback } from '../../ports/ports.ts';
import { type ClientLimits, defaultClientLimits } from '../table/client-limits.ts';

const closeables: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closeables.splice(0).reverse()) await close();
});

const get = (headers = '', path = '/api/hello') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
const megabyte = Buffer.alloc(1024 * 1024, 'x');

/** A replica that answers with `megabytes` of them, and counts. */
async function startReplica(megabytes = 0) {
  const seen = { requests: 0, open: 0, mostOpen: 0, sentBytes: 0 };
  const server: Server = createServer(async (request, response) => {
    seen.requests++;
    seen.mostOpen = Math.max(seen.mostOpen, ++seen.open);
    response.once('close', () => seen.open--);
    request.resume();
    for (let n = 0; n < megabytes && !response.destroyed; n++) {
      if (!response.write(megabyte)) {
        await new Promise<void>((resolve) => {
          response.once('drain', resolve).once('close', resolve);
        });
      }
      seen.sentBytes += megabyte.length;
    }
    if (megabytes === 0) await wait(30);
    response.end('done');
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, loopback, resolve));
  closeables.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `${loopback}:${port}`, seen };
}

async function gatewayFor(
  address: string,
  changes: Record<string, string> = {},
  limits?: ClientLimits,
): Promise<number> {
  const gateway = await startTestGateway(address, changes, limits);
  closeables.push(() => gateway.close());
  return gateway.port;
}

function clientOf(port: number, bytes: string): RawClient {
  const client = rawClient(port, bytes);
  closeables.push(() => client.socket.destroy());
  return client;
}

describe('an unread reply', () => {
  const stall = { client_body_timeout: '1s', send_timeout: '1s' };

  it('stops the replica, and is cut after a while: no place and no memory is held', async () => {
    const { address, seen } = await startReplica(64);
    const port = await gatewayFor(address, stall);
    const clients = Array.from({ length: 10 }, () => clientOf(port, get()));
    for (const { socket } of clients) socket.pause();
    await eventually(() => seen.mostOpen === 10);
    await eventually(() => seen.open === 0);
    // 640 MiB were to be sent: the rest fits into nobody's buffers.
    expect(seen.sentBytes).toBeLessThan(200 * megabyte.length);
    expect(await (await fetch(`http://${loopback}:${port}/nowhere`)).json()).toMatchObject({ status: 404 });
  });

  it('goes on as long as it is read, however slowly', async () => {
    const { address, seen } = await startReplica(32);
    const port = await gatewayFor(address, stall);
    const { socket } = clientOf(port, get());
    socket.pause();
    for (let step = 0; step < 8; step++) {
      await wait(350);
      // 512 KiB or so, which the other end notices.
      for (let n = 0; n < 8; n++) {
        socket.resume();
        await once(socket, 'data');
        socket.pause();
      }
    }
    // A stalled one would be gone by now.
    expect(seen.open).toBe(1);
    expect(socket.destroyed).toBe(false);
  });

  it('keeps all that its client has pipelined from beginning', async () => {
    const { address, seen } = await startReplica(16);
    const port = await gatewayFor(address, stall);
    clientOf(port, get().repeat(500)).socket.pause();
    await eventually(() => seen.requests === 1);
    await eventually(() => seen.open === 0);
    expect(seen).toMatchObject({ requests: 1, mostOpen: 1 });
  });
});

describe('pipelined requests', () => {
  it('have their turn one after the other, and are answered in their order', async () => {
    const { address, seen } = await startReplica();
    const port = await gatewayFor(address);
    const { closed } = clientOf(port, get().repeat(4) + get('Connection: close\r\n', '/nowhere'));
    expect([...(await closed).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      ...Array(4).fill('200'),
      '404',
    ]);
    expect(seen).toMatchObject({ requests: 4, mostOpen: 1 });
  });
});

describe('pipelined requests that are too many', () => {
  it('are answered up to the 128th that waits, and the connection is closed then', async () => {
    const { address, seen } = await startReplica();
    const { closed } = clientOf(await gatewayFor(address), get().repeat(1000));
    expect((await closed).match(/HTTP\/1.1 200/g)).toHaveLength(129);
    expect(seen.requests).toBe(129);
  });
});

describe('requests behind one that others could read differently', () => {
  it.each([
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
    ['a path that climbs', get('', '/api/../api/hello')],
  ])('reach no replica: %s', async (_what, ambiguous) => {
    const { address, seen } = await startReplica();
    const { closed } = clientOf(await gatewayFor(address), get() + ambiguous + get().repeat(3));
    expect([...(await closed).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '400']);
    expect(seen.requests).toBe(1);
  });
});

describe('a client that is slow to send', () => {
  it.each([
    ['nothing', ''],
    ['half a head', 'GET /api/hello HTTP/1.1\r\nHo'],
    ['half a body', `POST /api/visits HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf`],
    ['half a body in chunks', `POST /api/visits HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf`],
    ['no body', `POST /api/visits HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n`],
  ])('loses its connection that has sent %s, and no replica hears of it', async (_what, bytes) => {
    const { address, seen } = await startReplica();
    const times = { client_header_timeout: '1s', client_body_timeout: '1s', send_timeout: '1s' };
    await clientOf(await gatewayFor(address, times), bytes).closed;
    expect(seen.requests).toBe(0);
  });

  it('gets 408 where it sends its head byte by byte', async () => {
    const { address } = await startReplica();
    const client = clientOf(await gatewayFor(address, { client_header_timeout: '1s' }), 'GET /api/hello HTTP/1.1\r\n');
    const drip = setInterval(() => client.socket.write('X: y\r\n'), 100);
    const answer = await client.closed;
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1.1 408 .*application\/problem\+json.*"status":408/s);
  });

  it('has all the time that it needs for a body that comes bit by bit', async () => {
    const { address } = await startReplica();
    const port = await gatewayFor(address, { client_body_timeout: '1s', send_timeout: '1s' });
    const head = 'POST /api/visits HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n';
    const { socket, closed } = clientOf(port, head);
    for (const byte of 'slow!') {
      await wait(400);
      socket.write(byte);
    }
    expect(await closed).toMatch(/^HTTP\/1.1 200 /);
  });

  it('loses a connection that it does not use', async () => {
    const { address } = await startReplica();
    const { closed } = clientOf(await gatewayFor(address, { keepalive_timeout: '1s' }), get());
    expect(await closed).toMatch(/^HTTP\/1.1 200 /);
  });

  it('does not lose a request on a slow replica', async () => {
    const replica = createServer((_request, response) => void setTimeout(() => response.end('late'), 2_500));
    const replicaPort = await freePort();
    await new Promise<void>((resolve) => replica.listen(replicaPort, loopback, resolve));
    closeables.push(() => replica.close());
    const times = { client_body_timeout: '1s', send_timeout: '1s', client_header_timeout: '1s' };
    const port = await gatewayFor(`${loopback}:${replicaPort}`, times);
    expect(await clientOf(port, get('Connection: close\r\n')).closed).toMatch(/^HTTP\/1.1 200 .*late/s);
  });
});

describe('a client with too many connections', () => {
  it('is answered 429 on those beyond its share, then not at all, and has its share again when it gives some back', async () => {
    const { address } = await startReplica();
    const port = await gatewayFor(address, {}, { ...defaultClientLimits, connections: 3 });
    const own = Array.from({ length: 3 }, () => clientOf(port, get()));
    await eventually(() => own.every(({ received }) => received.includes('done')));
    const surplus = clientOf(port, get());
    expect(await surplus.closed).toMatch(/^HTTP\/1.1 429 .*Retry-After: 1.*"type":"urn:parley:problem:rate_limited"/s);
    const silent = Array.from({ length: 3 }, () => clientOf(port, ''));
    await wait(50);
    expect(await clientOf(port, get()).closed).toBe('');
    for (const { socket } of [...own, ...silent]) socket.destroy();
    await wait(50);
    const later = clientOf(port, get());
    await eventually(() => later.received.includes('done'));
  });
});

describe('a body', () => {
  it('takes no more memory than it has bytes, in however small pieces it comes', async () => {
    const { address } = await startReplica();
    const port = await gatewayFor(address);
    const head = 'POST /api/visits HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
    const before = process.memoryUsage().heapUsed;
    const client = clientOf(port, `${head}${'1\r\nx\r\n'.repeat(200_000)}`);
    await wait(1_000);
    const held = process.memoryUsage().heapUsed - before;
    client.socket.write('0\r\n\r\n');
    expect(await client.closed).toMatch(/^HTTP\/1.1 200 /);
    expect(held).toBeLessThan(40 * megabyte.length);
  });
});
