import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type RequestListener, type Server, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { loopback, type ReservedPorts, reservePorts } from '../../ports/ports.ts';
import type { Gateway } from '../gateway.ts';
import { createEmbeddedGateway } from './embedded-gateway.ts';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const closeables: (() => unknown)[] = [];
let reserved: ReservedPorts;
// Each gateway has a port of its own: fetch keeps connections, and the next gateway must not get one of the last.
let gatewayAt = 3;

beforeAll(async () => {
  reserved = await reservePorts(22, 'embedded-gateway.test');
});
afterAll(() => reserved.close());
afterEach(async () => {
  for (const close of closeables.splice(0).reverse()) await close();
});

const portAt = (at: number) => reserved.ports[at] ?? 0;
const url = (path: string) => `http://${loopback}:${portAt(gatewayAt)}${path}`;

async function listenAt(at: number, onRequest: RequestListener): Promise<Server> {
  const server = createServer(onRequest);
  await new Promise<void>((resolve) => server.listen(portAt(at), loopback, resolve));
  closeables.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

/** A gateway whose every service has replicas at these places; nothing listens there unless the test makes it. */
async function startGateway(replicasAt: readonly number[]): Promise<Gateway> {
  const replicas = replicasAt.map((at) => `${loopback}:${portAt(at)}`);
  const gateway = createEmbeddedGateway({
    root,
    port: portAt(++gatewayAt),
    addresses: new Map(['greetings', 'hello', 'guestbook'].map((service) => [service, replicas])),
    variables: {},
    log: { event: () => {}, line: () => {} },
    readyTimeoutMs: 1_000,
    drainTimeoutMs: 1_000,
  });
  await gateway.start();
  closeables.push(() => gateway.close());
  return gateway;
}

async function problemOf(answer: Response): Promise<unknown> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  return answer.json();
}

describe('embedded gateway', () => {
  it('answers 503 with Retry-After when no replica can be reached', async () => {
    await startGateway([1, 2]);
    const answer = await fetch(url('/api/hello'));
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await problemOf(answer)).toMatchObject({ status: 503, type: 'urn:parley:problem:upstream_unavailable' });
  });

  it('asks a replica again that could not be reached and is back in a moment', async () => {
    await startGateway([0]);
    const unreached = new Promise<void>((resolve) => {
      const channel = 'http.client.request.error';
      const onError = () => {
        unsubscribe(channel, onError);
        resolve();
      };
      subscribe(channel, onError);
    });
    const answer = fetch(url('/api/hello'));
    await unreached;
    await listenAt(0, (_req, res) => res.end('back'));
    expect(await (await answer).text()).toBe('back');
  });

  it('reads no reply whose head Node does not write', async () => {
    const closed = new Promise<void>((resolve) => {
      void listenAt(0, ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegins');
        socket.once('close', resolve);
      });
    });
    await startGateway([0]);
    const writeHead = jest.spyOn(ServerResponse.prototype, 'writeHead');
    writeHead.mockImplementationOnce(() => {
      throw new TypeError('Invalid character in header content ["x-a"]');
    });
    expect((await fetch(url('/api/hello'))).status).toBe(500);
    writeHead.mockRestore();
    await closed;
    // After 12 s a replica counts as silent, and its reply would be ended for that.
  }, 10_000);

  it('sends a POST with its whole body to another replica when one cannot be reached', async () => {
    const bodies: number[] = [];
    await listenAt(2, async (request, response) => {
      let length = 0;
      for await (const chunk of request) length += chunk.length;
      bodies.push(length);
      response.end();
    });
    await startGateway([1, 2]);
    for (let i = 0; i < 4; i++) {
      expect((await fetch(url('/api/visits'), { method: 'POST', body: 'x'.repeat(300_000) })).status).toBe(200);
    }
    expect(bodies).toEqual([300_000, 300_000, 300_000, 300_000]);
  });

  it('sends a GET, and never a POST, to another replica when the connection breaks before the answer', async () => {
    const broken: string[] = [];
    for (const at of [1, 2, 3]) {
      await listenAt(at, (request) => {
        broken.push(request.method ?? '');
        request.socket.destroy();
      });
    }
    await startGateway([1, 2, 3]);
    expect((await fetch(url('/api/visits'), { method: 'POST' })).status).toBe(502);
    expect((await fetch(url('/api/visits'))).status).toBe(502);
    expect(broken).toEqual(['POST', 'GET', 'GET']);
  });

  it('sends a POST or PATCH with an Idempotency-Key to another replica when the connection breaks', async () => {
    const bodies: string[] = [];
    await listenAt(1, (request) => request.socket.destroy());
    await listenAt(2, async (request, response) => {
      bodies.push(`${request.method} ${request.headers['idempotency-key']} ${(await request.toArray()).join('')}`);
      response.end();
    });
    for (const method of ['POST', 'PATCH']) {
      await startGateway([1, 2]);
      for (const key of ['a', 'b']) {
        const asked = { method, headers: { 'idempotency-key': key }, body: `of ${key}` };
        // No operation has this path: which methods it takes, its service says.
        expect((await fetch(url('/api/visits/of/all'), asked)).status).toBe(200);
      }
    }
    expect(bodies).toEqual(['POST a of a', 'POST b of b', 'PATCH a of a', 'PATCH b of b']);
  });

  it('refuses a method that no operation of the path has, and names those that it has', async () => {
    let requests = 0;
    await listenAt(1, (_request, response) => {
      requests += 1;
      response.end();
    });
    await startGateway([1]);
    const answer = await fetch(url('/api/visits?x=1'), { method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
    expect(await problemOf(answer)).toMatchObject({ cause: 'method_refused' });
    expect(requests).toBe(0);
    for (const method of ['HEAD', 'OPTIONS']) expect((await fetch(url('/api/visits'), { method })).status).toBe(200);
  });

  it('finds the one replica that can be reached, and sends a POST to it once', async () => {
    let requests = 0;
    await listenAt(0, (_request, response) => {
      requests++;
      response.end();
    });
    await startGateway([1, 2, 3, 0]);
    expect((await fetch(url('/api/visits'), { method: 'POST' })).status).toBe(200);
    expect(requests).toBe(1);
  });

  it('cuts an answer that breaks in the middle, and does not begin it again', async () => {
    const sockets: Socket[] = [];
    await listenAt(1, (request, response) => {
      sockets.push(request.socket);
      response.writeHead(200, { 'Content-Length': '10' }).write('12345');
    });
    await startGateway([1]);
    const answer = await fetch(url('/api/hello'));
    expect(answer.status).toBe(200);
    sockets[0]?.destroy();
    await expect(answer.text()).rejects.toThrow();
    expect(sockets).toHaveLength(1);
  });

  it('tells the replica when the client gives up', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    await listenAt(1, (_request, response) => {
      response.on('close', resolve);
      arrive();
    });
    await startGateway([1]);
    const giveUp = new AbortController();
    const answer = fetch(url('/api/hello'), { signal: giveUp.signal }).catch(() => 'given up');
    await arrived;
    giveUp.abort();
    expect(await answer).toBe('given up');
    await closed;
  });

  it('refuses a body of unknown length once it is too large', async () => {
    await startGateway([1]);
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
    });
    const answer = await fetch(url('/api/visits'), { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(await problemOf(answer)).toMatchObject({ status: 413 });
  });

  it.each([
    ['of a path without a service', 'POST /nowhere', 404],
    ['that says that it is too large', 'POST /api/visits', 413],
    ['of a method that is not passed on', 'TRACE /api/visits', 405],
  ])('answers at once, and reads a bounded part of a body %s', async (_what, line, status) => {
    await startGateway([1]);
    const socket = connect({ port: portAt(gatewayAt), host: loopback, allowHalfOpen: true }).on('error', () => {});
    socket.write(`${line} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n`);
    const piece = Buffer.alloc(65_536);
    // As a client that goes on until the gateway resets the connection.
    const send = (error?: Error | null) => {
      if (!error && !socket.destroyed) socket.write(piece, send);
    };
    send();
    let received = '';
    socket.setEncoding('latin1').on('data', (text) => {
      received += text;
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\nConnection: close\r\n.*"status":${status},`, 'is'));
    // What was read, and what the kernel holds for both ends.
    expect(socket.bytesWritten).toBeLessThan(32_000_000);
  });

  it('answers what is no HTTP with a problem', async () => {
    await startGateway([1]);
    const socket = connect(portAt(gatewayAt), loopback);
    socket.end('NONSENSE\r\n\r\n');
    const chunks = await socket.toArray();
    expect(Buffer.concat(chunks).toString()).toMatch(
      /^HTTP\/1.1 400 Bad Request\r\n.*"type":"urn:parley:problem:rejected"/s,
    );
  });

  it('hands on what a replica answers, with the id of the request once', async () => {
    await listenAt(1, (_request, response) => {
      response
        .writeHead(201, { 'X-Request-Id': 'other', Connection: 'close', 'Set-Cookie': ['a=1', 'b=2'] })
        .end('made');
    });
    await startGateway([1]);
    const answer = await fetch(url('/api/visits'), { method: 'POST', headers: { 'X-Request-Id': 'mine' } });
    expect([answer.status, await answer.text()]).toEqual([201, 'made']);
    expect(answer.headers.get('x-request-id')).toBe('mine');
    expect(answer.headers.get('connection')).toBe('keep-alive');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('finishes what it is doing before it closes', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<ServerResponse>();
    await listenAt(1, (_request, response) => arrive(response));
    const gateway = await startGateway([1]);
    const answer = fetch(url('/api/hello'));
    const response = await arrived;
    const closed = gateway.close();
    response.end('done');
    await closed;
    expect(await (await answer).text()).toBe('done');
    await expect(fetch(url('/api/hello'))).rejects.toThrow('fetch failed');
  });

  it('refuses routes to a service that is not there', () => {
    const setting = {
      root,
      port: 1,
      addresses: new Map(),
      variables: {},
      readyTimeoutMs: 1,
      drainTimeoutMs: 1,
    };
    const log = { event: () => {}, line: () => {} };
    expect(() => createEmbeddedGateway({ ...setting, log })).toThrow('docker-compose.yml has no such service');
  });
});
