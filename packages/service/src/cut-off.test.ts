import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ca, certificate } from '../test-fixtures/certificates.ts';
import { visits, visitsHandlers } from '../test-fixtures/visits.ts';
import { startService } from './testing/started-service.ts';

const own = await certificate();
const settings = { drainTimeoutMs: 100 };
const json = 'Content-Type: application/json';

/** What a client sends that is not answered before the service stops. */
const requests = {
  'a request whose handler hangs': { method: 'GET', path: '/api/visits/latest', length: 0, operation: 'latestVisit' },
  'an upload that does not end': { method: 'POST', path: '/api/visits', length: 50, operation: 'addVisit' },
} as const;

/** Sends one over HTTP/1.1 or HTTP/2. */
const protocols = {
  'HTTP/1.1': { tls: undefined, send: sendHttp1 },
  'cleartext HTTP/2': { tls: undefined, send: sendHttp2 },
  'HTTP/2 over TLS': { tls: own, send: sendHttp2 },
};

type Sent = (typeof requests)[keyof typeof requests];

async function sendHttp1(url: string, { method, path, length }: Sent) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\n${json}\r\nContent-Length: ${length}\r\n\r\n`);
  if (length > 0) socket.write('{');
  return once(socket, 'close');
}

async function sendHttp2(url: string, { method, path, length }: Sent) {
  const session = connectHttp2(url.replace('127.0.0.1', 'localhost'), { ca }).on('error', () => {});
  const headers = { ':method': method, ':path': path, 'content-type': 'application/json' };
  const stream = session.request(headers, { endStream: length === 0 }).on('error', () => {});
  if (length > 0) stream.write('{');
  await once(session, 'close');
}

describe.each(Object.entries(protocols))('a drain that cuts off over %s', (_protocol, { tls, send }) => {
  it.each(Object.entries(requests))('does not say of %s that its client went away', async (_what, request) => {
    const arrived = Promise.withResolvers<void>();
    const heard = Promise.withResolvers<unknown>();
    const handlers = visitsHandlers({
      latestVisit: (_input, context) => {
        context?.signal?.addEventListener('abort', () => heard.resolve(context.signal?.reason));
        arrived.resolve();
        return new Promise(() => {});
      },
    });
    const middleware = [
      (_req: unknown, _res: unknown, next: () => void) => {
        if (request.operation === 'addVisit') arrived.resolve();
        next();
      },
    ];
    const service = await startService(visits, handlers, { settings, middleware, ...(tls && { tls }) });
    const closed = send(service.url, request);
    await arrived.promise;
    await turn();
    await service.stop();
    await closed;
    const lines = service.logs.filter(({ operation }) => operation === `${request.method} ${request.path}`);
    expect(lines).toMatchObject([{ level: 'error', status: 503, msg: 'cut off: the service stopped' }]);
    if (request.operation === 'addVisit') return;
    expect(await heard.promise).toMatchObject({
      code: 'cancelled',
      detail: 'the service stopped before the answer',
    });
  });
});
