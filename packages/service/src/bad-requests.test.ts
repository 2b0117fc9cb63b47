import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, http2Session } from '../test-fixtures/http2-client.ts';
import { visitsApp } from '../test-fixtures/visits-app.ts';
import { createDualProtocolServer } from './connections/dual-protocol-server.ts';

const { app } = visitsApp();
const limits = { headersTimeout: 2000, keepAliveTimeout: 2000, maxHeaderSize: 16_384 };
const { server } = createDualProtocolServer(app, { limits });
let port = 0;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
});

/** What a client gets that sends these bytes, until the server ends the connection. */
async function answersTo(sent: string, isEnd = false) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write(sent);
  if (isEnd) socket.end();
  const received = await text(socket);
  const [head = '', body = ''] = received.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body, received };
}

const get = (target: string, headers = 'Host: x') =>
  `GET ${target} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`;
const post = (headers: string, body: string) =>
  `POST /api/visits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;

describe('a bad request over HTTP/1.1', () => {
  it.each([
    ['no Host', get('/api/visits', 'X: y'), 400],
    ['two Hosts', get('/api/visits', 'Host: x\r\nhOST: y'), 400],
    ['a Host that is none', get('/api/visits', 'Host: x/y'), 400],
    ['no Host and another method', 'DELETE /api/visits/1 HTTP/1.1\r\n\r\n', 400],
    ['a method that nobody knows', get('/').replace('GET', 'FROB'), 400],
    ['a method that the path has not', get('/api/visits').replace('GET', 'PROPFIND'), 405],
    ['TRACE', get('/api/visits').replace('GET', 'TRACE'), 405],
    ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n', 405],
    ['a URL that is too long', get(`/api/visits?limit=${'1'.repeat(20_000)}`), 431],
    ['a URL that is long', get(`/api/visits/${'1'.repeat(10_000)}`), 400],
    ['a NUL in the URL', get('/api/\0visits'), 400],
    ['a NUL in a header', get('/api/visits', 'Host: x\r\nX: a\0b'), 400],
    ['an escaped NUL in the path', get('/api/visits/a%00b'), 400],
    ['an escaped NUL in the query', get('/api/visits?language=%00'), 400],
    ['a path that is no UTF-8', get('/api/visits/%FF'), 400],
    ['a path that is no percent-encoding', get('/api/visits/%zz'), 400],
    ['a query that is no UTF-8', get('/api/visits?limit=%FF'), 400],
    ['a query that is no percent-encoding', get('/api/visits?limit=%'), 400],
    ['a parameter twice', get('/api/visits?limit=1&limit=2'), 400],
    [
      'Content-Length and chunks (smuggling)',
      post('Content-Length: 4\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
      400,
    ],
    ['two Content-Lengths', post('Content-Length: 2\r\nContent-Length: 3', '{}'), 400],
    ['a Content-Length that is none', post('Content-Length: +2', '{}'), 400],
    ['a coding after chunked', post('Transfer-Encoding: chunked, identity', '0\r\n\r\n'), 400],
    ['a space before the colon', get('/', 'Host: x\r\nContent-Length : 2'), 400],
    ['a folded header', get('/', 'Host: x\r\nX: a\r\n b'), 400],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: x\n\n', 400],
    ['chunks that are none', post('Transfer-Encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n'), 400],
    ['a chunk longer than it says', post('Transfer-Encoding: chunked', '1\r\n{}\r\n0\r\n\r\n'), 400],
    ['a version of HTTP that has no request lines', 'GET /api/visits HTTP/2.0\r\nHost: x\r\n\r\n', 505],
    ['that version and no Host', 'GET /api/visits HTTP/2.0\r\n\r\n', 505],
    ['another version of HTTP', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
  ])('is told what is wrong with %s', async (_what, sent, status) => {
    const answer = await answersTo(sent);
    expect(answer.status).toBe(status);
    expect(answer.head).toMatch(/^content-type: application\/problem\+json/im);
    expect(answer.head).toMatch(/^x-content-type-options: nosniff$/im);
    expect(answer.head.match(/^date: .* GMT$/gim)).toHaveLength(1);
    if (status === 405) expect(answer.head).toMatch(/^allow: .*GET/im);
    const [, requestId] = /^x-request-id: (\S+)$/im.exec(answer.head) ?? [];
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(answer.body)).toMatchObject({ status, detail: expect.any(String), requestId });
  });

  it.each([
    ['an end in the middle of the head', 'GET /api/visits HTTP/1.1\r\nHo', 400],
    ['an end in the middle of the body', post('Content-Length: 100', '{"name":'), 400],
  ])('is told what is wrong with %s', async (_what, sent, status) => {
    expect(await answersTo(sent, true)).toMatchObject({ status, body: expect.stringContaining('"detail"') });
  });

  it.each([
    ['no Host', 'POST / HTTP/1.1\r\nContent-Length: 900000000\r\n\r\n', 400],
    ['headers that are too large', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, 431],
    ['garbage', 'NONSENSE\r\n\r\n', 400],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', 405],
    ['a chunk that is none', post('Transfer-Encoding: chunked', 'zz\r\n'), 400],
  ])('gets its status while its client still sends: %s', async (_what, sent, status) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(sent);
    const piece = Buffer.alloc(65_536, 'x');
    let received = '';
    // Goes on after the answer, until the server has ended too; a reset would be an error.
    const send = () => void (socket.writable && socket.write(piece, () => setImmediate(send)));
    send();
    for await (const text of socket.setEncoding('latin1')) received += text;
    socket.destroy();
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} .*"status":${status},`, 's'));
  });

  it('is no request to reach the app by, whatever follows a body that is too long', async () => {
    const { received } = await answersTo(post('Content-Length: 14', '{"name":"Ada"}GARBAGE\r\n\r\n'));
    expect(received.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 400']);
  });

  it.each([
    ['an absolute target, with whatever Host', get('http://other:80/api/visits/latest'), 200],
    ['an empty Host', get('/api/visits/latest', 'Host:'), 200],
    ['HTTP/1.0 without Host', 'GET /api/visits/latest HTTP/1.0\r\n\r\n', 200],
    ['an expectation that nobody knows', get('/api/visits/latest', 'Host: x\r\nExpect: wonders'), 200],
    ['an offer to upgrade', get('/api/visits/latest', 'Host: x\r\nUpgrade: websocket'), 200],
  ])('is not %s', async (_what, sent, status) => {
    expect(await answersTo(sent)).toMatchObject({ status, body: '{"id":"last"}' });
  });

  it('is answered for the server as a whole: OPTIONS *', async () => {
    const { status, body } = await answersTo(get('*').replace('GET', 'OPTIONS'));
    expect([status, JSON.parse(body).status]).toEqual([404, 404]);
  });
});

describe('a bad request over HTTP/2', () => {
  it.each([
    ['CONNECT', { ':method': 'CONNECT', ':authority': 'x:443' }, 405],
    ['an unknown method', { ':method': 'FROB', ':path': '/api/visits' }, 405],
    ['a path that is no UTF-8', { ':path': '/api/visits/%FF' }, 400],
    ['a query that is no UTF-8', { ':path': '/api/visits?limit=%FF' }, 400],
    ['a parameter twice', { ':path': '/api/visits?limit=1&limit=2' }, 400],
    ['an escaped NUL', { ':path': '/api/visits/%00' }, 400],
    ['no path of ours', { ':path': '*', ':method': 'OPTIONS' }, 404],
  ])('is told what is wrong with %s', async (_what, headers, status) => {
    const session = http2Session(`http://127.0.0.1:${port}`);
    const reply = await ask(session, { ...headers, 'x-request-id': 'asked-for' }).finally(() => session.close());
    expect(reply.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json/),
      'x-content-type-options': 'nosniff',
      date: expect.stringMatching(/ GMT$/),
      'x-request-id': 'asked-for',
    });
    if (status === 405) expect(reply.headers.allow).toMatch(/GET/);
    expect(JSON.parse(reply.body)).toMatchObject({ status, requestId: 'asked-for' });
    expect(reply.status).toBe(status);
  });

  it('is not an unknown expectation', async () => {
    const session = http2Session(`http://127.0.0.1:${port}`);
    const reply = await ask(session, { ':path': '/api/visits/latest', expect: 'wonders' }).finally(() =>
      session.close(),
    );
    expect(reply.status).toBe(200);
  });
});
