import { describe, expect, it } from '@jest/globals';
import type { Handlers } from '@parley/contract';
import fc from 'fast-check';
import supertest from 'supertest';
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

  it('trusts one proxy, or as many as there are, and reads a query plainly', () => {
    expect(visitsApp().app.get('trust proxy')).toBe(1);
    expect(visitsApp({}, { trustedProxies: 0 }).app.get('trust proxy')).toBe(0);
    expect(visitsApp().app.get('query parser')).toBe('simple');
  });

  it('has its middleware in the order that it says', () => {
    const names = visitsApp().app.router.stack.map(({ name }) => name);
    expect(names).toEqual([
      'callContext',
      'accessLog',
      'securityHeaders',
      'serverTiming',
      'loadShedding',
      'loadReport',
      'compression',
      ...Array<string>(6).fill('handle'),
      'unmatched',
      'problem',
    ]);
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

// What the client above cannot send over HTTP/2: it has every GET end with its headers.
describe('app over HTTP/1.1', () => {
  it('answers any request whatever with success or a problem, never with a 5xx', async () => {
    const server = visitsApp({}, { bodyLimitBytes: 300 }).app.listen(0);
    const headerText = fc.stringMatching(/^[\x21-\x7e\xa0-\xff]{1,40}$/);
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json());
    const odd = fc.record({
      method: fc.constantFrom('get', 'post', 'put', 'patch', 'delete', 'options', 'head' as const),
      path: fc.oneof(
        fc.constantFrom('/api/visits', '/api/visits/1', '/api/visits/%zz', '/openapi.json', '/', '/api/visits/%00'),
        fc.stringMatching(/^[!-"$-~]{0,20}$/).map((rest) => `/api/visits/${rest}`),
      ),
      query: fc.oneof(
        fc.stringMatching(/^[!-"$-~]{0,30}$/),
        fc
          .dictionary(fc.constantFrom('limit', 'a[b]', '__proto__'), fc.string())
          .map((one) => `${new URLSearchParams(one)}`),
      ),
      headers: fc.dictionary(
        fc.constantFrom(
          'content-type',
          'content-encoding',
          'accept-language',
          'accept-encoding',
          'x-request-id',
          'traceparent',
          'tracestate',
          'if-none-match',
          'x-forwarded-for',
          'accept',
          'range',
        ),
        headerText,
      ),
      isJson: fc.boolean(),
      body: fc.option(
        fc.oneof(
          text,
          fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
        ),
      ),
    });
    try {
      await fc.assert(
        fc.asyncProperty(odd, async ({ method, path, query, headers, isJson, body }) => {
          const sent = supertest(server)[method as 'get'](`${path}?${query}`).set(headers);
          if (isJson) sent.set('content-type', 'application/json');
          if (body !== null && method !== 'head') {
            sent.set('content-length', String(Buffer.byteLength(body)));
            sent.write(body);
          }
          const reply = await sent.ok(() => true);
          expect(reply.status).toBeLessThan(500);
          if (reply.status >= 400) {
            expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/);
            if (method !== 'head')
              expect(reply.body).toMatchObject({ status: reply.status, requestId: expect.any(String) });
          }
        }),
        { numRuns: 400 },
      );
    } finally {
      server.close();
    }
  }, 60_000);
});
