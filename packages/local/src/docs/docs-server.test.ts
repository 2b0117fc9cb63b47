import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../../../test/free-port.ts';
import { type DocsServer, type ServedService, startDocsServer } from './docs-server.ts';

const document = {
  paths: {
    '/orders/{id}': { get: { operationId: 'getOrder', summary: 'One <b>order</b> & "more"' } },
    '/orders': { post: { operationId: 'a"b', requestBody: {} } },
  },
};

let service: Server;
let docs: DocsServer;
let services: ServedService[];
let answer: string;
beforeEach(async () => {
  answer = JSON.stringify(document);
  service = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  services = [
    { name: 'orders', address, url: 'http://127.0.0.1:9/docs' },
    { name: 'old <i>', address: '127.0.0.1:1', url: 'http://127.0.0.1:10/docs' },
  ];
  docs = await startDocsServer({ port: await freePort(), gateway: 'http://localhost:8080', services: () => services });
});
afterEach(() => {
  docs.close();
  service.close();
});

describe('the page of all services', () => {
  it('has the operations of each, with links to their forms', async () => {
    const response = await fetch(docs.url);
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain('<a href="http://127.0.0.1:9/docs#getOrder">getOrder</a>');
    expect(page).toContain('<code>GET /orders/{id}</code>');
    expect(page).toContain('<a href="http://localhost:8080">');
    expect(page).toContain('It gives no OpenAPI document now');
  });

  it('makes no markup of the texts of services', async () => {
    const page = await (await fetch(docs.url)).text();
    expect(page).toContain('One &lt;b&gt;order&lt;/b&gt; &amp; &quot;more&quot;');
    expect(page).toContain('href="http://127.0.0.1:9/docs#a%22b"');
    expect(page).toContain('old &lt;i&gt;');
    expect(page).not.toMatch(/<b>|<i>/);
  });

  it('has no script, and loads nothing: its policy allows its own style only', async () => {
    const response = await fetch(docs.url);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-a/,
    );
    expect(await response.text()).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
  });

  it('shows each document as it is now', async () => {
    await fetch(docs.url);
    answer = JSON.stringify({ paths: { '/new': { get: { operationId: 'isNew' } } } });
    expect(await (await fetch(docs.url)).text()).toContain('#isNew');
    services = [];
    expect(await (await fetch(docs.url)).text()).not.toContain('orders');
  });

  it.each([
    ['/docs', 'localhost', 200],
    ['/', 'localhost:1', 200],
    ['/docs?x=1', '127.0.0.1', 200],
    ['/docs', 'evil.example', 421],
    ['/docs/../etc', 'localhost', 404],
  ])('answers %s of %s with %i', async (path, host, status) => {
    const got = await new Promise((resolve, reject) => {
      const { port } = new URL(docs.url);
      request({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(got).toBe(status);
  });

  it('takes no other method', async () => {
    expect((await fetch(docs.url, { method: 'POST' })).status).toBe(405);
    expect(await (await fetch(docs.url, { method: 'HEAD' })).text()).toBe('');
  });
});
