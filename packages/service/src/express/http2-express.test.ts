import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type Express } from 'express';
import { eventually } from '../../../../test/eventually.ts';
import { ask, http2Session } from '../../test-fixtures/http2-client.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { http2Express } from './http2-express.ts';

const open: { close(): void }[] = [];

async function session(app: Express) {
  const server: Http2Server = createServer(app as unknown as Parameters<typeof createServer>[0]);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = http2Session(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  open.push(client, server);
  return client;
}

describe('http2Express', () => {
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  it('knows host and protocol of a request, as over HTTP/1', async () => {
    const app = http2Express(express());
    app.get('/', ({ host, hostname, protocol, ip }, res) => void res.json({ host, hostname, protocol, ip }));
    const { body } = await ask(await session(app), { ':path': '/', ':authority': 'parley.test:1' });
    expect(JSON.parse(body)).toEqual({
      host: 'parley.test:1',
      hostname: 'parley.test',
      protocol: 'http',
      ip: '127.0.0.1',
    });
  });

  it('reads a body without a content-length', async () => {
    const client = await session(visitsApp().app);
    const headers = { ':path': '/api/visits', ':method': 'POST', 'content-type': 'application/json' };
    expect(await ask(client, headers, '{"name":"Ada"}')).toMatchObject({
      status: 201,
      body: '{"id":"1","name":"Ada"}',
    });
  });

  it('ends a request with its answer where the body is not read', async () => {
    const client = await session(visitsApp().app);
    const stream = client.request({ ':path': '/nowhere', ':method': 'POST' }, { endStream: false });
    stream.on('error', () => {}).resume();
    const [head] = await once(stream, 'response');
    expect(head[':status']).toBe(404);
    await once(stream, 'close');
    expect(stream.rstCode).toBe(0);
  });

  it('waits for a slow body no longer than the deadline, and keeps the connection', async () => {
    const client = await session(visitsApp().app);
    const headers = { ':path': '/api/visits', ':method': 'POST', 'content-type': 'application/json' };
    const slow = client.request({ ...headers, 'x-request-timeout-ms': '30' }, { endStream: false });
    slow.on('error', () => {}).resume();
    slow.write('{');
    const [head] = await once(slow, 'response');
    expect(head[':status']).toBe(408);
    await once(slow, 'close');
    expect((await ask(client, { ':path': '/api/visits/latest' })).status).toBe(200);
  });

  it('aborts the signal of a handler when its client leaves, and logs 499', async () => {
    const started = Promise.withResolvers<void>();
    const heard = Promise.withResolvers<unknown>();
    const { app, log } = visitsApp({
      latestVisit: (_input, context) => {
        context?.signal?.addEventListener('abort', () => heard.resolve(context.signal?.reason));
        started.resolve();
        return new Promise(() => {});
      },
    });
    const stream = (await session(app)).request({ ':path': '/api/visits/latest' }).on('error', () => {});
    await started.promise;
    stream.close(8);
    expect(await heard.promise).toMatchObject({ code: 'cancelled' });
    await eventually(() => log.lines.length > 0);
    expect(log.lines).toMatchObject([{ level: 'info', msg: 'client went away', status: 499 }]);
  });
});
