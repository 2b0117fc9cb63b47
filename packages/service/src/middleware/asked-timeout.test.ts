import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';

const header = 'x-request-timeout-ms';
/** Answers long after 1 ms, whatever its signal says. */
const slow = { latestVisit: () => new Promise<never>(() => {}) };
const aboveInfo = ({ lines }: ReturnType<typeof visitsApp>['log']) => lines.filter(({ level }) => level !== 'info');

describe.each(protocols)('x-request-timeout-ms over $protocol', ({ request }) => {
  const malformed = ['-0', '-1', '+5', '1.5', '1e9', 'NaN', 'Infinity', '0x10', 'soon', '5, 5', '5,', ''];

  it.each(malformed)('is refused with 400 where it is %j, at no error level and before any handler', async (asked) => {
    const { app, log } = visitsApp(slow);
    const reply = await request(app).get('/api/visits/latest').set(header, asked);
    expect([reply.status, reply.body.type]).toEqual([400, 'urn:parley:problem:invalid_input']);
    expect(reply.body.errors).toEqual([{ path: header, message: 'must be whole milliseconds, once, in digits' }]);
    expect(reply.body.requestId).toBe(reply.headers['x-request-id']);
    expect(aboveInfo(log)).toEqual([]);
  });

  it.each(['0', '00'])(
    'is answered with 504 where it is %s, at no error level and before any handler',
    async (asked) => {
      const latestVisit = jest.fn(slow.latestVisit);
      const { app, log } = visitsApp({ latestVisit });
      const reply = await request(app).get('/api/visits/latest').set(header, asked).expect(504);
      expect(reply.body.type).toBe('urn:parley:problem:deadline_exceeded');
      expect(latestVisit).not.toHaveBeenCalled();
      expect(aboveInfo(log)).toEqual([]);
    },
  );

  it.each(['1', '0500', '1000000000', '9'.repeat(400)])('is taken where it is %s', async (asked) => {
    await request(visitsApp().app).get('/api/visits').set(header, asked).expect(200);
  });

  it('is no error of the service where it is shorter than the answer takes', async () => {
    const { app, log } = visitsApp(slow);
    for (const asked of ['1', '2', '20']) {
      const reply = await request(app).get('/api/visits/latest').set(header, asked).expect(504);
      expect(reply.body.type).toBe('urn:parley:problem:deadline_exceeded');
    }
    expect(aboveInfo(log)).toEqual([]);
    expect(log.lines).toHaveLength(3);
  });

  it('leaves it an error where the service itself took too long', async () => {
    const { app, log } = visitsApp(slow, { requestTimeoutMs: 20 });
    await request(app).get('/api/visits/latest').set(header, '5000').expect(504);
    expect(aboveInfo(log).map(({ level }) => level)).toEqual(['warn', 'error']);
  });
});

describe('x-request-timeout-ms over HTTP/1.1', () => {
  it('is refused where there are two of them', async () => {
    const server = visitsApp().app.listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sent = httpRequest({ port, path: '/api/visits', headers: { [header]: ['5000', '5000'] } }).end();
    const [reply] = (await once(sent, 'response')) as [IncomingMessage];
    expect(reply.resume().statusCode).toBe(400);
    await once(server.close(), 'close');
  });
});
