import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { patient } from '../../test-fixtures/patient.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import { parleyAdapter } from '../axios/parley-adapter.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { createUpstream, type Upstream } from '../upstream.ts';

let folder: string;
let upstream: Upstream | undefined;
let servers: Server[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-'));
  servers = [];
});
afterEach(async () => {
  await upstream?.close();
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

/** Serves at `name` in the folder: gives each request's protocol, Host and path, and the server's name. */
async function serve(name: string, http: '1.1' | '2' = '1.1'): Promise<string> {
  const path = join(folder, name);
  const server: Server = http === '2' ? createHttp2() : createHttp();
  server.on('request', (request, response) => {
    if (request.url === '/moved') response.writeHead(307, { location: '/new' });
    else response.writeHead(200, { 'content-type': 'application/json' });
    const host = request.headers.host ?? request.headers[':authority'];
    response.end(JSON.stringify([request.httpVersion, host, request.url, name]));
  });
  await once(server.listen(path), 'listening');
  servers.push(server);
  return `unix:${path}`;
}

function upstreamAt(where: string, options: Partial<UpstreamOptions> = {}): Upstream {
  upstream = createUpstream('things', where, { ...patient, maxAttempts: 1, ...options });
  return upstream;
}

describe('a unix domain socket', () => {
  it('carries HTTP/1.1', async () => {
    const where = await serve('a.sock');
    const { body } = await upstreamAt(where).send(someRequest());
    expect(body).toBe('["1.1","localhost","/api/things/7","a.sock"]');
    expect(upstream?.endpoints()).toMatchObject([{ address: where, connections: { open: 1 } }]);
  });

  it('carries HTTP/2 with prior knowledge', async () => {
    const things = upstreamAt(await serve('a.sock', '2'), { http: '2' });
    const replies = await Promise.all(Array.from({ length: 20 }, () => things.send(somePost())));
    expect(new Set(replies.map(({ body }) => body))).toEqual(
      new Set([JSON.stringify(['2.0', 'localhost', somePost().path, 'a.sock'])]),
    );
    expect(things.endpoints()).toMatchObject([{ connections: { open: 1 } }]);
  });

  it('is one of several, and a retry goes to another one', async () => {
    const alive = await serve('a.sock');
    const dead = `unix:${join(folder, 'gone.sock')}`;
    const things = upstreamAt(`${dead},${alive}`, { maxAttempts: 2, backoffBaseMs: 1 });
    for (let i = 0; i < 10; i++) expect((await things.send(somePost())).status).toBe(200);
  });

  it('without a listener is named by its path', async () => {
    const address = `unix:${join(folder, 'gone.sock')}`;
    expect(await rejection(upstreamAt(address).send(somePost()))).toMatchObject({
      code: 'unavailable',
      isUnprocessed: true,
      endpoint: address,
      detail: 'cannot connect (ENOENT)',
    });
  });

  it('is reached through axios, redirects included', async () => {
    const adapter = parleyAdapter(upstreamAt(await serve('a.sock')));
    const { data } = await axios.create({ adapter, maxRedirects: 1 }).get('/moved');
    expect(data).toEqual(['1.1', 'localhost', '/new', 'a.sock']);
  });

  it('has no TLS', () => {
    expect(() => upstreamAt('unix:/run/a.sock', { tls: {} })).toThrow(/tls is for endpoints with https: .*unix:/);
  });
});
