import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GatewayHome, gatewayHome } from '../gateway-home.ts';
import { kindOf, type RunningGateway, startGateway, testedGateways } from '../running-gateway.ts';
import { sendRaw, sendRawForAnswers } from '../send-raw.ts';

const policy = `
clients: { requestsPerSecond: 200, burst: 100 }
bodyBytes: 1000
requestTimeoutMs: 800
services:
  shop:
    contract: ./contract.ts
    prefixes: [/pages/]
    operations:
      add: { requestsPerSecond: 5, burst: 5 }
      remove: { requestsPerSecond: 100 }
      refresh: { requestsPerSecond: 3 }
      upload: { bodyBytes: 5000 }
      report: { timeoutMs: 5000 }
`;
const operations = [
  { name: 'list', method: 'GET', path: '/items' },
  { name: 'add', method: 'POST', path: '/items' },
  { name: 'upload', method: 'PUT', path: '/items/{id}/photo' },
  { name: 'remove', method: 'DELETE', path: '/items/{id}' },
  { name: 'refresh', method: 'POST', path: '/items/latest' },
  { name: 'latest', method: 'GET', path: '/items/latest' },
  { name: 'report', method: 'GET', path: '/report' },
  { name: 'file', method: 'GET', path: '/files/{path*}' },
];

/** A request whose head has about this many bytes, in lines of 100. */
const headOf = (bytes: number) =>
  `GET /pages/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${`X: ${'x'.repeat(95)}\r\n`.repeat(Math.floor(bytes / 100))}\r\n`;

let home: GatewayHome;
let replica: ReturnType<typeof createServer>;
const seen: string[] = [];

beforeAll(async () => {
  home = gatewayHome(policy, new Map([['shop', operations]]));
  mkdirSync(join(home.folder, 'nginx/local'));
  writeFileSync(join(home.folder, 'nginx/local/pages.conf'), 'location = /own { return 204; }\n');
  replica = createServer(
    { maxHeaderSize: 64 * 1024 },
    (request, response) => void answer(request).then((text) => response.end(text)),
  );
  await new Promise<void>((resolve) => replica.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  replica.closeAllConnections();
  replica.close();
  home.remove();
});

async function answer(request: IncomingMessage): Promise<string> {
  const body = await request.toArray();
  const line = `${request.method} ${request.url}`;
  seen.push(line);
  // Longer than the gateway waits for others.
  if (request.url?.endsWith('slow')) await new Promise((resolve) => setTimeout(resolve, 2_500));
  return `${line} ${body.join('').length}`;
}

describe.each(testedGateways())('%s, of a policy', (name) => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway(name, { shop: [`127.0.0.1:${(replica.address() as AddressInfo).port}`] }, home.folder);
  }, 30_000);
  afterAll(() => gateway?.stop());

  const ask = (path: string, init: RequestInit = {}) => fetch(`${gateway.url}${path}`, init);
  const statusOf = async (path: string, init?: RequestInit) => (await ask(path, init)).status;

  it('refuses a method that no operation of the path has, and names those that it has', async () => {
    seen.length = 0;
    const refused = await ask('/items?x=1', { method: 'DELETE' });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
    expect(await refused.json()).toMatchObject({ cause: 'method_refused', status: 405 });
    expect((await ask('/items/a%2Fb/photo', { method: 'POST' })).headers.get('allow')).toBe('PUT, OPTIONS');
    expect(seen).toEqual([]);
  });

  it.each([
    ['of 3000 segments', `/files/${'a/'.repeat(3_000)}b`],
    ['that ends like the error page of nginx', '/files/a%7C%2F=problem'],
    ['that ends like the old error page of nginx', '/files/a%7C%2Fproblem'],
  ])('knows the methods of a path %s', async (_what, path) => {
    expect(await statusOf(path, { method: 'DELETE' })).toBe(405);
    expect(await statusOf(path)).toBe(200);
  });

  it('passes on HEAD with GET, OPTIONS always, and every method of a path without operations', async () => {
    expect(await statusOf('/items', { method: 'HEAD' })).toBe(200);
    expect(await statusOf('/items/1/photo', { method: 'OPTIONS' })).toBe(200);
    expect(await (await ask('/pages/a', { method: 'PATCH' })).text()).toBe('PATCH /pages/a 0');
    expect(await statusOf('/items/1')).toBe(200);
  });

  it('takes bodies of a size of its own for an operation', async () => {
    const put = (path: string, length: number) => statusOf(path, { method: 'PUT', body: 'x'.repeat(length) });
    expect([await put('/items/1/photo', 5000), await put('/items/1/photo', 5001)]).toEqual([200, 413]);
    expect([await put('/pages/a', 1000), await put('/pages/a', 1001)]).toEqual([200, 413]);
  });

  it('leads nowhere else', async () => {
    expect([await statusOf('/'), await statusOf('/itemsx'), await statusOf('/items/')]).toEqual([404, 404, 200]);
  });

  it('answers a path that lacks the closing slash of a prefix as any other path without a service', async () => {
    const answer = await ask('/pages', { redirect: 'manual' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    expect(await answer.json()).toMatchObject({ cause: 'no_route' });
  });

  if (name !== 'embedded') {
    it('waits for an operation that may take longer than the others', async () => {
      expect(await statusOf('/report?slow')).toBe(200);
      expect(await statusOf('/items/latest?slow')).toBe(504);
    }, 30_000);
  }

  if (kindOf(name) === 'nginx') {
    it('has what its user keeps in nginx/local/', async () => {
      expect(await statusOf('/own')).toBe(204);
    });
  }

  it('has a limit of its own for an operation, and others go on', async () => {
    // One after the other: the threads of HAProxy may count two requests before they look at either.
    let added = 0;
    let reply = await ask('/items', { method: 'POST' });
    for (; reply.status === 200 && added < 30; added++) reply = await ask('/items', { method: 'POST' });
    expect(added).toBeGreaterThanOrEqual(5);
    expect([reply.status, await reply.json()]).toEqual([429, expect.objectContaining({ cause: 'rate_limited' })]);
    expect(await statusOf('/items')).toBe(200);
    expect(await statusOf('/items/7', { method: 'DELETE' })).toBe(200);
    expect(await statusOf('/items/latest', { method: 'POST' })).toBe(200);
  });
});

// A gateway of its own: what others have just asked counts against the same client.
describe.each(testedGateways())('%s, of a policy with a rate', (name) => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway(name, { shop: [`127.0.0.1:${(replica.address() as AddressInfo).port}`] }, home.folder);
  }, 30_000);
  afterAll(() => gateway?.stop());

  it('answers a client that sends too much with 429, a cause and when to come back', async () => {
    const asked = 'GET /items HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(300);
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => sendRaw(gateway.url, asked, { hangUpAfterMs: 3_000 })),
    );
    const answers = replies.flatMap(({ text }) => text.split(/(?=HTTP\/1\.1 \d{3} )/));
    const limited = answers.filter((one) => one.startsWith('HTTP/1.1 429'));
    expect(answers.filter((one) => one.startsWith('HTTP/1.1 200')).length).toBeGreaterThan(100);
    expect(limited.length).toBeGreaterThan(0);
    for (const one of limited) {
      expect(one).toMatch(/^retry-after: 1\r$/im);
      expect(JSON.parse(one.split('\r\n\r\n')[1] ?? '')).toMatchObject({
        status: 429,
        cause: 'rate_limited',
        detail: 'This client sends more requests than its share',
      });
    }
  }, 30_000);
});

describe.each(testedGateways())('%s, of a policy with headerBytes', (name) => {
  it.each([4_096, 8_192, 32_768])(
    'passes a head of nearly %i bytes on, and refuses a larger one',
    async (limit) => {
      const home = gatewayHome(`headerBytes: ${limit}\nservices: { shop: { prefixes: [/pages/] } }\n`);
      const address = `127.0.0.1:${(replica.address() as AddressInfo).port}`;
      const gateway = await startGateway(name, { shop: [address] }, home.folder);
      try {
        // nginx does not break a line between two buffers, and Node does not count what is between name and value.
        const [small] = await sendRawForAnswers(gateway.port, headOf(limit * 0.9), 1);
        expect({ status: small?.status, body: small?.body }).toMatchObject({
          status: 200,
          body: expect.stringContaining('GET /pages/a'),
        });
        const [large] = await sendRawForAnswers(gateway.port, headOf(limit * 1.1), 1);
        // HAProxy before 3.2 has a page of its own for what its buffer does not hold.
        const isPage = name === 'haproxy' && limit > 15_360;
        expect(large?.status).toBe(isPage ? 400 : 431);
        if (!isPage) expect(JSON.parse(large?.body ?? '')).toMatchObject({ cause: 'headers_too_large' });
      } finally {
        await gateway.stop();
        home.remove();
      }
    },
    30_000,
  );
});
