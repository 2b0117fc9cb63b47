import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { createDualProtocolServer } from './dual-protocol-server.ts';

const limits = {
  headersTimeout: 300,
  requestTimeout: 600,
  keepAliveTimeout: 300,
  connectionsCheckingInterval: 50,
  maxHeaderSize: 16_384,
};
const { server } = createDualProtocolServer(visitsApp().app, { limits });
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  server.close();
});

/** Sends `first`, then `more` again and again until the connection is closed. */
async function trickle(first: string, more: string) {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(first);
  const dripping = setInterval(() => socket.write(more), 40);
  await once(socket, 'close');
  clearInterval(dripping);
  return { status: Number(answer.split(' ')[1]), answer };
}

const head = (line: string, ...headers: string[]) => `${[line, 'Host: x', ...headers].join('\r\n')}\r\n`;

describe('limits of a request', () => {
  it('cut off a client that sends the head a header at a time (slowloris)', async () => {
    const { status } = await trickle(head('GET /api/visits HTTP/1.1'), 'X-A: b\r\n');
    expect(status).toBe(408);
  });

  it('cut off a client that sends a body byte by byte', async () => {
    const first = head('POST /api/visits HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 900');
    const { status } = await trickle(`${first}\r\n{`, ' ');
    expect(status).toBe(408);
  });

  it('refuse a URL that is too long, and headers that are too many or too large', async () => {
    const requests = [
      head(`GET /api/visits?${'x'.repeat(17_000)} HTTP/1.1`),
      head('GET /api/visits HTTP/1.1', `X-Long: ${'x'.repeat(17_000)}`),
      head('GET /api/visits HTTP/1.1', ...Array.from({ length: 3000 }, (_, index) => `X-${index}: y`)),
      head('GET /api/visits HTTP/1.1', `Authorization: Bearer ${'x'.repeat(17_000)}`),
    ];
    for (const request of requests) {
      const { status, answer } = await trickle(`${request}\r\n`, '');
      expect(status).toBe(431);
      expect(answer).toContain('application/problem+json');
    }
  });
});

describe('a log', () => {
  const secret = 's3cret-t0ken';
  const secrets = {
    authorization: `Bearer ${secret}`,
    cookie: `session=${secret}`,
    'idempotency-key': secret,
    'x-api-key': secret,
    'proxy-authorization': `Basic ${secret}`,
  };

  it.each([
    ['a reply', 'get', '/api/visits/latest', 200],
    ['what no operation has', 'get', '/nowhere', 404],
    ['input that does not fit', 'get', '/api/visits', 400],
    ['a body that is none', 'post', '/api/visits', 400],
    ['a handler that fails', 'get', '/api/visits/1', 500],
  ] as const)('holds no secret of a request that ends in %s', async (_what, method, path, status) => {
    const getVisit = async () => {
      throw Object.assign(new Error('failed'), { config: { headers: secrets } });
    };
    const { app, log } = visitsApp({ getVisit });
    const asked = supertest(app)[method](`${path}?limit=x${secret}&access_token=${secret}`).set(secrets);
    if (method === 'post') asked.set('content-type', 'application/json').send(`{"name": "${secret}`);
    const { body } = await asked.expect(status);
    expect(log.lines.length).toBeGreaterThan(0);
    expect(log.text()).not.toContain(secret);
    expect(JSON.stringify(body)).not.toContain(secret);
  });
});
