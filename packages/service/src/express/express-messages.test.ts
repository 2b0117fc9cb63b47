import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import supertest from 'supertest';
import { expressMessages } from './express-messages.ts';

describe('expressMessages', () => {
  it('makes requests and responses that Express has nothing to change in', async () => {
    const app = express();
    const server = createServer(expressMessages(app), (req, res) => {
      const born = [req, res].map(Object.getPrototypeOf);
      app(req, res);
      res.setHeader('unchanged', String([req, res].every((one, i) => Object.getPrototypeOf(one) === born[i])));
    });
    app.use((req, res) => void setImmediate(() => res.json({ query: req.query, host: req.get('host') })));
    const reply = await supertest(server).get('/?a=1').set('Host', 'here').expect(200);
    expect(reply.body).toEqual({ query: { a: '1' }, host: 'here' });
    expect(reply.headers.unchanged).toBe('true');
  });

  it('lets them have what an app gets later, and an app in the app its own', async () => {
    const app = express();
    const inner = express();
    const server = createServer(expressMessages(app), app);
    Object.assign((app as unknown as { response: object }).response, { name: 'outer' });
    Object.assign((inner as unknown as { response: object }).response, { name: 'inner' });
    const name = (_req: unknown, res: express.Response) => void res.send((res as unknown as { name: string }).name);
    app.get('/', name);
    app.use('/inner', inner);
    inner.get('/', name);
    await supertest(server).get('/').expect(200, 'outer');
    await supertest(server).get('/inner').expect(200, 'inner');
  });
  it.each(['client', 'server'])('does not take a response for finished whose connection the %s ends', async (ender) => {
    const server = createServer(expressMessages(express()));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
    client.pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, res] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
    res.end('x'.repeat(16_000_000));
    if (ender === 'client') client.resetAndDestroy();
    else res.req.socket.destroy();
    await once(res, 'close');
    expect(res.writableFinished).toBe(false);
    client.destroy();
    server.close();
  });
});
