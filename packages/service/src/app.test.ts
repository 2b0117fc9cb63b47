import { describe, expect, it } from '@jest/globals';
import { defineContract, get, type Handlers } from '@parley/contract';
import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { capturedLog } from '../test-fixtures/captured-log.ts';
import { protocols } from '../test-fixtures/protocols.ts';
import { visits, visitsHandlers } from '../test-fixtures/visits.ts';
import { visitsApp } from '../test-fixtures/visits-app.ts';
import { createApp } from './app.ts';

describe.each(protocols)('app over $protocol', ({ request }) => {
  it('takes plain text before parameters, whatever the order in the contract', async () => {
    await request(visitsApp().app).get('/api/visits/latest').expect(200, { id: 'last' });
  });

  it('refuses to be made without a handler for every operation', () => {
    const { addVisit: _, ...rest } = visitsHandlers();
    expect(() => createApp(visits, rest as Handlers<typeof visits>, { logger: capturedLog().logger })).toThrow(
      'handlers lack addVisit, which the contract promises',
    );
  });

  it('lets handlers be methods of an object', async () => {
    class Counting {
      count = 41;
      async latestVisit() {
        this.count += 1;
        return { id: String(this.count) };
      }
    }
    const handlers = Object.assign(new Counting(), {
      ...visitsHandlers(),
      latestVisit: Counting.prototype.latestVisit,
    });
    const app = createApp(visits, handlers, { logger: capturedLog().logger });
    await request(app).get('/api/visits/latest').expect(200, { id: '42' });
  });

  it('takes and gives what JSON has no word for, where the schema makes it of text', async () => {
    const date = z.coerce.date<string | Date>();
    const dates = defineContract('dates', {
      dayAfter: get('/api/day-after', {
        summary: 'The next day',
        input: z.object({ day: date }),
        output: z.object({ day: date }),
      }),
    });
    const dayAfter = async ({ day }: { day: Date }) => ({ day: new Date(day.getTime() + 86_400_000) });
    const app = createApp(dates, { dayAfter }, { logger: capturedLog().logger });
    await request(app).get('/api/day-after?day=2026-02-28').expect(200, { day: '2026-03-01T00:00:00.000Z' });
    await request(app).get('/openapi.json').expect(200);
  });

  it('lets Express trust the same proxies, for host and protocol', () => {
    const { app } = visitsApp({}, { trustedProxies: ['10.0.0.0/8'] });
    const isTrusted = app.get('trust proxy fn');
    expect(['10.0.0.9', '::ffff:10.0.0.9', '11.0.0.9', undefined].map(isTrusted)).toEqual([true, true, false, false]);
  });

  it('has room for middleware of others, above the operations', async () => {
    const router = express.Router();
    router.get('/mine', (req, res) => void res.json({ path: req.path, base: req.baseUrl }));
    const mark: RequestHandler = (_req, res, next) => {
      res.set('x-mark', 'seen');
      next();
    };
    const { app } = visitsApp({}, { middleware: [mark, router] });
    expect((await request(app).get('/mine').expect(200, { path: '/mine', base: '' })).headers['x-mark']).toBe('seen');
    expect((await request(app).get('/api/visits/latest').expect(200)).headers['x-mark']).toBe('seen');
  });

  it('leaves to Express what no operation takes', () => {
    const names = visitsApp().app.router.stack.map(({ name }) => name);
    expect(names).toEqual(['handle', 'unmatched', 'problem']);
  });

  it('sends a request id, security headers and an encoding on a long answer', async () => {
    const { headers } = await request(visitsApp().app).get('/api/visits?limit=2000').expect(200);
    expect(headers).toMatchObject({
      'x-request-id': expect.any(String),
      'x-content-type-options': 'nosniff',
      'content-encoding': expect.stringMatching(/gzip|br/),
    });
  });
});
