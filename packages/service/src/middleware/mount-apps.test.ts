import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { currentContext, defineContract, get, now } from '@parley/contract';
import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { expressVersions, legacyApp, legacyAppWithNotFound, longText } from '../../test-fixtures/legacy-app.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';
import type { AppOptions, MountedAppOptions } from '../app-options.ts';
import type { Mounts } from './mount-apps.ts';

const combinations = protocols.flatMap((protocol) => expressVersions.map((version) => ({ ...protocol, ...version })));

function serving(mount: Mounts, options: MountedAppOptions = {}) {
  const { logger, lines } = capturedLog();
  return { app: createApp(mount, { logger, ...options }), lines };
}

const shop = defineContract('shop', {
  getBook: get('/books/{id}', {
    summary: 's',
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string(), isNew: z.boolean() }),
  }),
});
const shopHandlers = { getBook: async ({ id }: { id: string }) => ({ id, isNew: true }) };

function withContract(mount: Mounts, options: AppOptions = {}) {
  const { logger, lines } = capturedLog();
  return { app: createApp(shop, shopHandlers, { logger, mount, ...options }), lines };
}

const line = (lines: readonly object[]) => lines.find((one) => 'operation' in one && 'status' in one);

describe.each(combinations)('an Express $version app over $protocol', ({ request, isHttp2, ...version }) => {
  it('shows its pages, with no security headers of ours', async () => {
    const { app, lines } = serving(legacyApp(version));
    const { headers } = await request(app).get('/page?name=Ada').expect(200, '<h1>hello.page: Ada</h1>');
    expect(headers).not.toHaveProperty('content-security-policy');
    expect(headers).not.toHaveProperty('referrer-policy');
    expect(headers['x-request-id']).toEqual(expect.any(String));
    expect(line(lines)).toMatchObject({ operation: 'GET /page', status: 200 });
  });

  it('keeps its sessions', async () => {
    const agent = request(serving(legacyApp(version)).app);
    const first = await agent.post('/count').send({}).expect(200, { count: 1 });
    const cookie = first.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    await agent.post('/count').set('Cookie', cookie).send({}).expect(200, { count: 2 });
  });

  it('reads bodies and uploads itself', async () => {
    const agent = request(serving(legacyApp(version)).app);
    const echo = await agent
      .post('/echo?a[b]=1')
      .send({ any: ['thing'] })
      .expect(200);
    const query = version.version === 4 ? { a: { b: '1' } } : { 'a[b]': '1' };
    expect(echo.body).toMatchObject({ body: { any: ['thing'] }, query, host: '127.0.0.1' });
    const upload = agent.post('/upload').attach('file', Buffer.from(longText), 'book.txt');
    await upload.expect(200, { name: 'book.txt', size: longText.length });
  });

  it('sends files with tags and ranges, compressed once by itself', async () => {
    const { app, lines } = serving(legacyApp(version));
    const whole = await request(app).get('/public/text.txt').set('Accept-Encoding', 'gzip').expect(200);
    expect(whole.headers['content-encoding']).toBe('gzip');
    expect(whole.text).toBe(longText);
    expect(line(lines)).toMatchObject({ operation: 'mounted /', path: '/public/text.txt' });
    await request(app).get('/public/text.txt').set('If-None-Match', String(whole.headers.etag)).expect(304);
    const part = request(app).get('/public/text.txt').set('Accept-Encoding', 'identity').set('Range', 'bytes=5-9');
    await part.expect(206, '00001');
  });

  it('may set headers that HTTP/2 has no place for', async () => {
    const { headers } = await request(serving(legacyApp(version)).app)
      .get('/connection')
      .expect(200, 'kept');
    expect('keep-alive' in headers).toBe(!isHttp2);
  });

  it('gives its code the context', async () => {
    const { app } = serving(legacyApp(version));
    const { body } = await request(app).get('/context').set('x-request-id', 'abc').expect(200);
    expect(body).toEqual({ requestId: 'abc', header: 'abc', hasDeadline: true });
    const own = (await request(app).get('/context').expect(200)).body;
    expect(own.header).toBe(own.requestId);
  });

  it('sends events for longer than the limit, and gives their place back', async () => {
    const legacy = legacyApp(version);
    const { app } = serving(legacy, { requestTimeoutMs: 50, maxInFlight: 2 });
    const streams: Promise<string>[] = [];
    for (const _ of [1, 2, 3, 4]) {
      const begun = once(legacy, 'events begin');
      streams.push(
        request(app)
          .get('/events')
          .then(({ text }) => text),
      );
      await begun;
    }
    // It begins later and has the same time: after its 504 the streams have outlived that time.
    await request(app).get('/slow/json').expect(504);
    legacy.emit('go on');
    expect(await Promise.all(streams)).toEqual(Array(4).fill('data: 1\n\ndata: 2\n\n'));
  });

  it('has apps and routers within it', async () => {
    const { app, lines } = serving(legacyApp(version));
    await request(app).get('/inner/page?x=1').expect(200, 'inner /inner /inner/page?x=1');
    await request(app).get('/books/7?x=1').expect(200, { id: '7' });
    expect(lines).toMatchObject([{ operation: 'GET /inner/page' }, { operation: 'GET /books/:id' }]);
    expect(lines[1]).not.toHaveProperty('path');
  });

  it('handles the errors that it knows, and leaves the others to us', async () => {
    const { app, lines } = serving(legacyApp(version));
    await request(app).get('/books/7/fails').expect(422, { error: 'no such book' });
    const refused = await request(app).get('/refused').expect(409);
    expect(refused.body).toMatchObject({ type: 'urn:parley:problem:conflict', detail: 'not with us' });
    const malformed = await request(app).post('/echo').type('json').send('{').expect(400);
    expect(malformed.headers['content-type']).toMatch('application/problem+json');
    const broken = await request(app).get('/broken').expect(500);
    expect(broken.text).not.toMatch('secret');
    expect(broken.headers).toMatchObject({ 'content-security-policy': expect.any(String) });
    expect(broken.headers).not.toHaveProperty('x-powered-by');
    const requests = lines.filter((one) => 'status' in one);
    expect(requests.map((one) => (one as { operation?: string }).operation)).toEqual([
      'GET /books/:id/fails',
      'GET /refused',
      expect.any(String),
      'GET /broken',
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ code: 'internal', operation: 'GET /broken' }));
  });

  it('leaves what it does not have to us, and has a 404 of its own where it likes', async () => {
    const { app, lines } = serving(legacyApp(version));
    const { body, headers } = await request(app).get('/nowhere?a=1').expect(404);
    expect(body).toMatchObject({ type: 'urn:parley:problem:not_found' });
    expect(headers).toMatchObject({ 'content-security-policy': expect.any(String) });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(line(lines)).toMatchObject({ operation: 'mounted /', path: '/nowhere' });
    await request(app).get('/inner/nothing').expect(404);
    await request(serving(legacyAppWithNotFound(version)).app)
      .get('/nowhere')
      .expect(404, '<p>no /nowhere here</p>');
  });

  it.each(['json', 'file', 'pipe', 'head', 'chunks', 'session', 'error'])(
    'is answered for with 504 where it is late, and its late %s does no harm',
    async (kind) => {
      const legacy = legacyApp(version);
      const { app, lines } = serving(legacy, { requestTimeoutMs: 50 });
      const agent = request(app);
      const { body, headers } = await agent.get(`/slow/${kind}`).expect(504);
      expect(body).toMatchObject({ type: 'urn:parley:problem:deadline_exceeded' });
      for (const name of ['set-cookie', 'x-late', 'x-powered-by']) expect(headers).not.toHaveProperty(name);
      legacy.emit('go on');
      await agent.get('/books/7').expect(200, { id: '7' });
      expect(line(lines)).toMatchObject({ operation: 'GET /slow/:kind', status: 504 });
    },
  );

  it('has requests that keep their place while its code works, and are shed beyond the limit', async () => {
    const legacy = legacyApp(version);
    const { app } = serving(legacy, { requestTimeoutMs: 50, maxInFlight: 2 });
    const slow = await Promise.all([1, 2, 3].map(() => request(app).get('/slow/json')));
    expect(slow.map(({ status }) => status).sort()).toEqual([503, 504, 504]);
    expect((await request(app).get('/page')).status).toBe(503);
    legacy.emit('go on');
    await eventually(async () => (await request(app).get('/page')).status === 200 || undefined);
  });

  it('loses one route after the other to a contract', async () => {
    const { app } = withContract(legacyAppWithNotFound(version));
    const { headers } = await request(app).get('/books/7').expect(200, { id: '7', isNew: true });
    expect(headers).toHaveProperty('content-security-policy');
    await request(app).get('/books/7/fails').expect(422);
    expect((await request(app).get('/openapi.json').expect(200)).body.paths).toHaveProperty('/books/{id}');
    await request(app).post('/books/7').expect(404, '<p>no /books/7 here</p>');
  });

  it('is not opened to other origins by the contract', async () => {
    const { app } = withContract(legacyApp(version), { cors: { origins: ['https://a.example'], credentials: true } });
    const ask = async (path: string) =>
      (await request(app).get(path).set('Origin', 'https://a.example')).headers['access-control-allow-origin'];
    expect([await ask('/books/7'), await ask('/page'), await ask('/nowhere')]).toEqual([
      'https://a.example',
      undefined,
      'https://a.example',
    ]);
  });

  it('is served with others, each at its path with its own options', async () => {
    const last: RequestHandler = ({ query, url, route }, res) => void res.json({ query, url, route });
    const { app, lines } = serving(
      [
        { app: legacyApp(version), path: '/old', requestTimeoutMs: 60 },
        { app: legacyApp(version), path: '/sure', securityHeaders: true },
        { app: last },
      ],
      { requestTimeoutMs: 5000 },
    );
    await request(app).get('/old/books/7').expect(200, { id: '7' });
    await request(app).get('/old/slow/json').expect(504);
    expect((await request(app).get('/sure/page')).headers).toHaveProperty('content-security-policy');
    await request(app)
      .get('/old/elsewhere?a=1')
      .expect(200, { query: { a: '1' }, url: '/old/elsewhere?a=1' });
    const operations = lines.filter((one) => 'status' in one).map((one) => (one as { operation?: string }).operation);
    expect(operations).toEqual(['GET /old/books/:id', 'GET /old/slow/:kind', 'GET /sure/page', 'mounted /']);
  });
});

it('a request that a mounted app passes on has the timeout of the service again', async () => {
  const left: RequestHandler = (_req, res) => {
    const { deadlineMs = 0 } = currentContext();
    res.json({ isLong: deadlineMs - now() > 10_000 });
  };
  const passesOn: RequestHandler = (_req, _res, next) => next();
  const { app } = serving([{ app: passesOn, requestTimeoutMs: 1_000 }, { app: left }], { requestTimeoutMs: 60_000 });
  const { request } = protocols[0] as (typeof protocols)[number];
  await request(app).get('/old').expect(200, { isLong: true });
});

describe('the routes of a mounted app', () => {
  it('are told apart up to 500, since routers below a parameter have a path for each of its values', async () => {
    const legacy = express();
    const user = express.Router();
    user.get('/name', (_req, res) => void res.send('Ada'));
    legacy.use('/users/:id', user);
    const { app, lines } = serving(legacy);
    const { request } = protocols[0] as (typeof protocols)[number];
    const agent = request(app);
    for (let id = 0; id < 502; id++) await agent.get(`/users/${id}/name`).expect(200);
    expect(lines.slice(-3)).toMatchObject([
      { operation: 'GET /users/499/name' },
      { operation: 'mounted /', path: '/users/500/name' },
      { operation: 'mounted /', path: '/users/501/name' },
    ]);
  });

  it.each([
    [[{ app: 'no app' }], 'mount: app must be an Express application, a router or a listener, not "no app"'],
    [[{ app: express(), path: 'old' }], 'mount: a path must be a text that begins with /, not "old"'],
    [[{ app: express(), requestTimeoutMs: 0 }], 'mount: requestTimeoutMs must be from 1 to 2147483647, not 0'],
  ])('are not mounted by %j', (mount, message) => {
    expect(() => serving(mount as Mounts)).toThrow(new TypeError(message));
  });

  it.each([
    [{ app: express(), books: [] }, 'an object with app, books'],
    [undefined, 'undefined'],
  ])('are functions: of %j the error says what came', (mount, came) => {
    const message = `what createApp serves must be a contract of defineContract, an Express application, or a list of { app, path }, not ${came}`;
    expect(() => serving(mount as unknown as Mounts)).toThrow(new TypeError(message));
  });
});
