import { once } from 'node:events';
import { createServer, type RequestListener, type ServerOptions } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { answerMalformedRequests } from './malformed-requests.ts';

interface Exchange extends ServerOptions {
  readonly app?: RequestListener;
  /** Sent at the first bytes of an answer. */
  readonly next?: string;
}

async function answerTo(sent: string, { app = () => {}, next, ...options }: Exchange = {}): Promise<string> {
  const server = createServer(options, app);
  answerMalformedRequests(server);
  server.listen(0);
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port);
  socket.write(sent);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  if (next) socket.once('data', () => socket.write(next));
  await once(socket, 'close');
  server.closeAllConnections();
  server.close();
  return received;
}

function parse(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { head, problem: JSON.parse(body) };
}

describe('malformed requests', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'Bad Request'],
    [
      'a header that smuggles',
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'Bad Request',
    ],
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'Request Header Fields Too Large',
    ],
  ])('answers %s with a problem and closes', async (_what, sent, status, phrase) => {
    const { head, problem } = parse(await answerTo(sent));
    expect(head).toContain(`HTTP/1.1 ${status} ${phrase}\r\nConnection: close`);
    expect(head).toContain('Content-Type: application/problem+json');
    expect(problem).toMatchObject({ type: 'urn:parley:problem:rejected', status });
  });

  it('answers 408 to a request that does not arrive', async () => {
    const limits = { headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 20 };
    const { problem } = parse(await answerTo('GET / HTTP/1.1\r\n', limits));
    expect(problem).toMatchObject({ status: 408, requestId: expect.any(String) });
  });

  it.each([
    'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n',
    'nonsense\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n',
  ])('answers one that follows another after that one: %j', async (broken) => {
    const app: RequestListener = (req, res) => setImmediate(() => req.method === 'GET' && res.end('first'));
    const received = await answerTo(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${broken}`, { app });
    expect(received).toMatch(/^HTTP\/1.1 200 .*firstHTTP\/1.1 4\d\d /s);
  });

  it('lets a request that waits before one for a tunnel hear that its client has gone', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const server = createServer();
    answerMalformedRequests(server);
    server.on('request', (req) => req.socket.once('close', resolve));
    const asked = once(server, 'connect');
    server.listen(0);
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port);
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\nCONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n');
    await asked;
    client.destroy();
    await gone;
    server.close();
  });

  it('writes nothing into an answer that is under way', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    const received = await answerTo(head, { next: 'nonsense\r\n', app: (_req, res) => res.write('half') });
    expect(received).toContain('half');
    expect(received).not.toContain('problem');
  });
});
