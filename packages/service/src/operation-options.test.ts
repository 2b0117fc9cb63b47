import { describe, expect, it } from '@jest/globals';
import { CallError, currentContext, now } from '@parley/contract';
import type { RequestHandler } from 'express';
import { capturedLog } from '../test-fixtures/captured-log.ts';
import { protocols } from '../test-fixtures/protocols.ts';
import { visits, visitsHandlers } from '../test-fixtures/visits.ts';
import { visitsApp } from '../test-fixtures/visits-app.ts';
import { createApp } from './app.ts';

const never = () => new Promise<never>(() => {});
const leftMs = () => (currentContext().deadlineMs ?? 0) - now();

describe.each(protocols)('options of an operation over $protocol', ({ request }) => {
  it('shorten the timeout of that operation only', async () => {
    const { app } = visitsApp(
      { getVisit: never, latestVisit: async () => ({ id: String(leftMs() > 5000) }) },
      { operations: { getVisit: { requestTimeoutMs: 30 } } },
    );
    const late = await request(app).get('/api/visits/1').expect(504);
    expect(late.body.detail).toBe('Not answered in 30 ms');
    expect((await request(app).get('/api/visits/latest').expect(200)).body).toEqual({ id: 'true' });
  });

  it('lengthen the timeout, by which a caller may still ask for less', async () => {
    const shortTimeIsOver = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { app } = visitsApp(
      {
        getVisit: async ({ id }) => {
          if (id === '2') await never();
          begun.resolve();
          await shortTimeIsOver.promise;
          return { id, name: String(leftMs() > 5000) };
        },
        latestVisit: never,
      },
      { requestTimeoutMs: 40, operations: { getVisit: { requestTimeoutMs: 20_000 } } },
    );
    const long = request(app)
      .get('/api/visits/1')
      .expect(200)
      .then(({ body }) => body);
    await begun.promise;
    await request(app).get('/api/visits/latest').expect(504);
    shortTimeIsOver.resolve();
    expect(await long).toMatchObject({ name: 'true' });
    await request(app).get('/api/visits/2').set('x-request-timeout-ms', '30').expect(504);
  });

  it('limit its body', async () => {
    const { app } = visitsApp({}, { operations: { addVisit: { bodyLimitBytes: 20 } } });
    await request(app).post('/api/visits').send({ name: 'Ada' }).expect(201);
    await request(app)
      .post('/api/visits')
      .send({ name: 'x'.repeat(40) })
      .expect(413);
  });

  it('run its middleware, in order, for it only; an error becomes a problem', async () => {
    const seen: string[] = [];
    const note =
      (what: string): RequestHandler =>
      (_req, _res, next) => {
        seen.push(what);
        next();
      };
    const refuse: RequestHandler = () => {
      throw new CallError('precondition_failed', 'Not today');
    };
    const { app } = visitsApp(
      {},
      {
        operations: { getVisit: { middleware: [note('first'), note('second')] }, listVisits: { middleware: [refuse] } },
      },
    );
    await request(app).get('/api/visits/latest').expect(200);
    expect(seen).toEqual([]);
    await request(app).get('/api/visits/1').expect(200);
    expect(seen).toEqual(['first', 'second']);
    expect((await request(app).get('/api/visits').expect(412)).body).toMatchObject({ detail: 'Not today' });
  });
});

describe('options of an operation', () => {
  const create = (operations: object) => () =>
    createApp(visits, visitsHandlers(), { logger: capturedLog().logger, operations });

  it.each([
    [{ getVisits: {} }, 'operations has getVisits, which contract visits lacks: use one of getVisit, latestVisit'],
    [{ toString: {} }, 'operations has toString, which contract visits lacks'],
    [{ getVisit: { requestTimeoutMs: 0 } }, 'operations.getVisit.requestTimeoutMs must be from 1 to 2147483647, not 0'],
    [
      { getVisit: { requestTimeoutMs: '5' } },
      'operations.getVisit.requestTimeoutMs must be from 1 to 2147483647, not 5',
    ],
    [
      { getVisit: { bodyLimitBytes: 1.5 } },
      'operations.getVisit.bodyLimitBytes must be a whole number from 1, not 1.5',
    ],
    [{ getVisit: { middleware: ['no'] } }, 'operations.getVisit.middleware must be a list of functions'],
  ])('that make no sense are refused: %j', (operations, message) => {
    expect(create(operations)).toThrow(TypeError);
    expect(create(operations)).toThrow(message);
  });

  it('of an operation that the contract lacks do not compile', () => {
    type Given = NonNullable<NonNullable<Parameters<typeof createApp<typeof visits>>[2]>['operations']>;
    const isKnown: 'getVisit' extends keyof Given ? true : false = true;
    const isUnknown: 'report' extends keyof Given ? true : false = false;
    expect([isKnown, isUnknown]).toEqual([true, false]);
  });
});
