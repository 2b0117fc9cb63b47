import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { CallError } from '@parley/contract';
import express from 'express';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { anyProtocol, protocols } from '../../test-fixtures/protocols.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { trackConnections } from '../connections/track-connections.ts';
import { ServiceTelemetry } from '../telemetry/service-events.ts';
import { accessLog } from './access-log.ts';

describe.each(protocols)('access-log over $protocol', ({ request }) => {
  it('says one line a request, by the path template', async () => {
    const { app, log } = visitsApp();
    await request(app)
      .get('/api/visits/7?secret=x')
      .set('x-request-id', 'r1')
      .set('authorization', 's3cret')
      .expect(200);
    expect(log.lines).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'request',
        method: 'GET',
        operation: 'GET /api/visits/{id}',
        status: 200,
        durationMs: expect.any(Number),
        requestId: 'r1',
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        bytes: '{"id":"7","name":"Ada"}'.length,
      }),
    ]);
    expect(log.text()).not.toMatch(/secret|s3cret|visits\/7/);
  });

  it('shows neither path nor query of a request without an operation', async () => {
    const { app, log } = visitsApp();
    await request(app).get('/s3cret?s3cret').expect(404);
    expect(log.lines).toMatchObject([{ level: 'info', operation: 'unmatched', status: 404 }]);
    expect(log.text()).not.toContain('s3cret');
  });

  it('has the code of a failure, and none where all is well', async () => {
    const { app, log } = visitsApp({ latestVisit: () => Promise.reject(new CallError('conflict', 'already there')) });
    await request(app).get('/api/visits/latest').expect(409);
    await request(app).get('/nowhere').expect(404);
    await request(app).get('/api/visits/7').expect(200);
    expect(log.lines.map(({ status, code }) => [status, code])).toEqual([
      [409, 'conflict'],
      [404, 'not_found'],
      [200, undefined],
    ]);
  });

  it('says error of a 5xx', async () => {
    const { app, log } = visitsApp({ latestVisit: () => Promise.reject(new Error('bug')) });
    await request(app).get('/api/visits/latest').expect(500);
    expect(log.lines.find(({ msg }) => msg === 'request')).toMatchObject({ level: 'error', status: 500 });
  });

  it('logs 500 where the service cut the answer off', async () => {
    const { logger, lines } = capturedLog();
    const app = anyProtocol(express());
    app.use(accessLog({ logger, telemetry: new ServiceTelemetry() }));
    app.get('/', (_req, res) => {
      res.write('half');
      res.destroy(new Error('bug'));
    });
    await expect(request(app).get('/')).rejects.toThrow();
    expect(lines).toMatchObject([{ level: 'error', msg: 'request', status: 500 }]);
  });

  it('logs 499 where the client left, and aborts its handler', async () => {
    const started = Promise.withResolvers<void>();
    const heard = Promise.withResolvers<unknown>();
    const { app, log } = visitsApp({
      latestVisit: (_input, context) => {
        context?.signal?.addEventListener('abort', () => heard.resolve(context.signal?.reason));
        started.resolve();
        return new Promise(() => {});
      },
    });
    const server = app.listen(0);
    await once(server, 'listening');
    const client = httpRequest({ port: (server.address() as AddressInfo).port, path: '/api/visits/latest' });
    client.on('error', () => {}).end();
    await started.promise;
    client.destroy();
    expect(await heard.promise).toMatchObject({ code: 'cancelled' });
    await once(server.close(), 'close');
    expect(log.lines).toMatchObject([{ level: 'info', msg: 'client went away', status: 499 }]);
  });
});

describe('access-log', () => {
  it('says 499 of every request on a connection that was lost', async () => {
    const both = Promise.withResolvers<void>();
    const getVisit = async () => {
      both.resolve();
      return { id: '1', name: 'Ada' };
    };
    const { app, log } = visitsApp({ latestVisit: () => new Promise(() => {}), getVisit });
    const server = createServer(app);
    trackConnections(server);
    server.listen(0);
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port);
    socket.write('GET /api/visits/latest HTTP/1.1\r\nHost: x\r\n\r\nGET /api/visits/1 HTTP/1.1\r\nHost: x\r\n\r\n');
    await both.promise;
    socket.destroy();
    server.close();
    while (log.lines.length < 2) await setImmediate();
    expect(log.lines.map(({ level, status }) => [level, status])).toEqual([
      ['info', 499],
      ['info', 499],
    ]);
  });
});
