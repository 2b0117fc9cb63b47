import { describe, expect, it } from '@jest/globals';
import { bytes, defineContract, get, type Operation, post, text } from '@parley/contract';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { contextHeaders } from '../../../client/src/context/context-headers.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visits } from '../../test-fixtures/visits.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { createApp } from '../app.ts';
import { type CorsOptions, cors } from './cors.ts';

const origin = 'https://app.example.com';
const allowed = (options: Partial<CorsOptions> = {}) => visitsApp({}, { cors: { origins: [origin], ...options } }).app;

/** Every header that a browser heeds. */
function corsHeaders(headers: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));
}

it('lets pages read the headers that describe bytes, where a contract has bytes', () => {
  const read = (output: Operation['output']) => get('/file', { summary: 'A file', output });
  const exposed = (output: Operation['output']) => {
    const headers = new Map<string, string>();
    const res = { vary() {}, setHeader: (name: string, value: string) => headers.set(name, value) };
    const handle = cors({ origins: [origin] }, defineContract('files', { read: read(output) }));
    handle({ method: 'GET', headers: { origin } } as Request, res as unknown as Response, () => {});
    return headers.get('Access-Control-Expose-Headers')?.split(', ').slice(4);
  };
  expect(exposed(bytes())).toEqual(['content-disposition', 'content-range', 'etag']);
  expect(exposed(text())).toEqual([]);
});

describe.each(protocols)('cors over $protocol', ({ request }) => {
  const preflight = (app: Parameters<typeof request>[0], path: string, asked: Record<string, string>) =>
    request(app)
      .options(path)
      .set({ origin, ...asked });

  it('allows nothing by default', async () => {
    const { app } = visitsApp();
    const reply = await request(app).get('/api/visits/latest').set({ origin }).expect(200);
    const { headers } = await preflight(app, '/api/visits', { 'access-control-request-method': 'POST' }).expect(204);
    expect([corsHeaders(reply.headers), corsHeaders(headers)]).toEqual([{}, {}]);
    expect(reply.headers.vary ?? '').not.toContain('Origin');
  });

  it('lets pages of a given origin read replies, problems too', async () => {
    for (const path of ['/api/visits/latest', '/nowhere']) {
      const { headers } = await request(allowed()).get(path).set({ origin });
      expect(corsHeaders(headers)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'x-request-id, retry-after, x-attempts-left, x-min-versions, etag',
      });
      expect(headers.vary).toContain('Origin');
    }
  });

  it.each(['https://evil.example', `${origin}.evil.example`, 'http://app.example.com', `${origin}:8443`, 'null', '*'])(
    'answers a page of %s without leave to read it',
    async (stranger) => {
      const app = allowed();
      const { headers } = await request(app).get('/api/visits/latest').set({ origin: stranger }).expect(200);
      expect(corsHeaders(headers)).toEqual({});
      // So that no cache gives it what was made for another.
      expect(headers.vary).toContain('Origin');
      const asked = { origin: stranger, 'access-control-request-method': 'POST' };
      expect(corsHeaders((await preflight(app, '/api/visits', asked)).headers)).toEqual({});
    },
  );

  it('answers a preflight for the most specific path, as the request will be answered', async () => {
    const files = defineContract('files', {
      rest: get('/{path*}', {
        summary: 's',
        input: z.object({ path: z.string(), tag: z.string() }),
        output: z.object({}),
        requestHeaders: { tag: 'X-Tag' },
      }),
      file: get('/file', { summary: 's', output: bytes() }),
    });
    const handlers = { rest: async () => ({}), file: async () => new Uint8Array(3) };
    const { logger } = capturedLog();
    const app = createApp(files, handlers, { logger, cors: { origins: [origin] } });
    const asked = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-tag' };
    expect((await preflight(app, '/other', asked)).headers['access-control-allow-headers']).toMatch(/x-tag/);
    expect(corsHeaders((await preflight(app, '/file', asked)).headers)).toEqual({});
  });

  it('answers a preflight with what the operation takes', async () => {
    const { status, headers, text } = await preflight(allowed(), '/api/visits/7', {
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'authorization,idempotency-key',
    });
    expect([status, text]).toEqual([204, '']);
    expect(corsHeaders(headers)).toEqual({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'DELETE',
      'access-control-allow-headers': expect.stringContaining('authorization, cache-control, content-type'),
      'access-control-max-age': '600',
    });
    expect(headers.vary).toContain('Origin');
  });

  it.each([
    ['a method that the path does not have', '/api/visits/latest', { 'access-control-request-method': 'PUT' }],
    ['a path that is none', '/nowhere', { 'access-control-request-method': 'GET' }],
    [
      'a header that was not declared',
      '/api/visits',
      { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type, x-admin' },
    ],
  ])('gives no leave for %s', async (_what, path, asked) => {
    const { headers } = await preflight(allowed(), path, asked as unknown as Record<string, string>);
    expect(corsHeaders(headers)).toEqual({});
  });

  it('allows the headers that are configured, and those that Parley’s client for browsers sends', async () => {
    const trace = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), isSampled: true, state: 'a=1' };
    const sent = Object.keys(contextHeaders({ requestId: 'r', trace, priority: 'normal', baggage: 'tenant=7' }));
    expect(sent).toHaveLength(5);
    const names = ['x-csrf-token,idempotency-key,x-attempts-left,x-request-timeout-ms', ...sent].join();
    const { headers } = await preflight(allowed({ allowedHeaders: ['X-CSRF-Token'] }), '/api/visits', {
      'access-control-request-method': 'POST',
      'access-control-request-headers': names,
    });
    const sendable = String(headers['access-control-allow-headers']).split(', ');
    expect(names.split(',').filter((name) => !sendable.includes(name))).toEqual([]);
  });

  it('allows credentials only if configured, and then never any origin', async () => {
    const { headers } = await request(allowed({ credentials: true }))
      .get('/api/visits/latest')
      .set({ origin });
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
    });
  });

  it('allows any origin where that is asked for, and says so rather than repeat what came', async () => {
    const { headers } = await request(allowed({ origins: ['*'], exposedHeaders: ['X-Total'], maxAgeS: 5 }))
      .get('/api/visits/latest')
      .set({ origin: 'https://any.example' });
    expect(corsHeaders(headers)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'x-request-id, retry-after, x-attempts-left, x-min-versions, etag, x-total',
    });
  });
});

describe('cors', () => {
  it.each(['app.example.com', 'https://app.example.com/', 'https://*.example.com', 'null', 'ftp://a', '', 'HTTPS://A'])(
    'refuses the origin %j',
    (odd) => {
      expect(() => cors({ origins: [odd] }, visits)).toThrow(
        `cors.origins must be origins such as https://app.example.com, or *, not ${odd}`,
      );
    },
  );

  it('refuses any origin with credentials, or for operations that are not public', () => {
    expect(() => cors({ origins: ['*'], credentials: true }, visits)).toThrow('cannot go with credentials');
    const summary = 's';
    const closed = defineContract('closed', {
      look: get('/look', { summary }),
      add: post('/add', { summary, auth: 'service' }),
    });
    expect(() => cors({ origins: ['*'] }, closed)).toThrow('any origin (*) may not call POST /add: name the origins');
    expect(() => cors({ origins: [] }, visits)).toThrow('not none');
  });
});
