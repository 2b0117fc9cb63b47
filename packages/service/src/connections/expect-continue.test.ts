import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type RequestHandler } from 'express';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { createDualProtocolServer } from './dual-protocol-server.ts';

const limits = { headersTimeout: 5000, keepAliveTimeout: 5000 };
const ada = '{"name":"Ada"}';
const headers = { 'content-type': 'application/json', 'content-length': String(ada.length), expect: '100-continue' };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listening(middleware: readonly RequestHandler[] = []): Promise<number> {
  const { server } = createDualProtocolServer(visitsApp({}, { middleware }).app, { limits });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function post(port: number) {
  const sent = request({ host: '127.0.0.1', port, path: '/api/visits', method: 'POST', headers, agent: false });
  sent.flushHeaders();
  await once(sent, 'continue');
  sent.end(ada);
  const [reply] = await once(sent, 'response');
  return { status: reply.statusCode, body: await text(reply) };
}

describe('100 Continue', () => {
  it.each([
    ['an operation', []],
    ['middleware of the app', [express.json()]],
  ])('comes before the body that %s reads', async (_what, middleware) => {
    expect(await post(await listening(middleware))).toEqual({ status: 201, body: '{"id":"1","name":"Ada"}' });
  });

  it('comes over HTTP/2 too', async () => {
    const session = connectHttp2(`http://127.0.0.1:${await listening()}`);
    closing.push(() => session.destroy());
    const stream = session.request({ ':method': 'POST', ':path': '/api/visits', ...headers }, { endStream: false });
    await once(stream, 'continue');
    stream.end(ada);
    const [head] = await once(stream, 'response');
    expect([head[':status'], await text(stream)]).toEqual([201, '{"id":"1","name":"Ada"}']);
  });

  it('is not waited for by a client that sends its body at once', async () => {
    const lines = Object.entries({ Host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(await listening(), '127.0.0.1');
    socket.write(`POST /api/visits HTTP/1.1\r\n${lines.join('')}Connection: close\r\n\r\n${ada}`);
    expect(await text(socket)).toMatch(/^(HTTP\/1.1 100 Continue\r\n\r\n)?HTTP\/1.1 201 /);
  });

  it('keeps a connection whose client does not wait, and answers what is behind', async () => {
    const lines = Object.entries({ Host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(await listening(), '127.0.0.1');
    const post = (more: string) => `POST /api/visits HTTP/1.1\r\n${lines.join('')}${more}\r\n${ada}`;
    socket.write([post(''), post(''), post('Connection: close\r\n')].join(''));
    expect((await text(socket)).match(/^HTTP\/1.1 201 /gm)).toHaveLength(3);
  });

  it('is not for a client of HTTP/1.0, which would take it for the answer', async () => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(await listening(), '127.0.0.1');
    socket.write(`POST /api/visits HTTP/1.0\r\n${lines.join('')}\r\n${ada}`);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 201 /);
  });
});
