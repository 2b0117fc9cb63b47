import { describe, expect, it } from '@jest/globals';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import supertest from 'supertest';
import { beforeRouter } from './before-router.ts';

const failed: ErrorRequestHandler = (error, _req, res, _next) => void res.status(500).send(`failed: ${error}`);

function appWith(first: RequestHandler) {
  const app = beforeRouter(express(), first, failed);
  app.get('/routed', (_req, res) => void res.send('by the router'));
  return app;
}

describe('beforeRouter', () => {
  it('lets the first one answer, with the request and response that Express gives its middleware', async () => {
    const app = appWith((req, res) => {
      const { path, query, originalUrl, baseUrl } = req;
      res.type('json').send({ path, query, originalUrl, baseUrl, host: req.get('Host'), isOwn: res.req === req });
    });
    app.set('etag', false);
    const reply = await supertest(app).get('/first?a=1').set('Host', 'here').expect(200);
    expect(reply.body).toEqual({
      path: '/first',
      query: { a: '1' },
      originalUrl: '/first?a=1',
      baseUrl: '',
      host: 'here',
      isOwn: true,
    });
  });

  it('gives to the router what is passed on', async () => {
    const app = appWith((_req, res, next) => {
      res.locals.seen = true;
      next();
    });
    await supertest(app).get('/routed').expect(200, 'by the router');
    await supertest(app).get('/elsewhere').expect(404);
  });

  it('has one place for what goes wrong', async () => {
    const app = appWith((_req, _res, next) => next('early'));
    await supertest(app).get('/routed').expect(500, 'failed: early');
  });

  it('works below another app, at a path of its own', async () => {
    const inner = appWith((req, res, next) => (req.path === '/mine' ? void res.send(req.baseUrl) : next()));
    const outer = express().use('/inner', inner);
    outer.use((_req, res) => void res.status(404).send('outer'));
    await supertest(outer).get('/inner/mine').expect(200, '/inner');
    await supertest(outer).get('/inner/routed').expect(200, 'by the router');
    await supertest(outer).get('/inner/nowhere').expect(404, 'outer');
  });
});
