import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  defineContract,
  defineError,
  del,
  get,
  now,
  parseTraceparent,
  post,
  put,
  runInContext,
} from '@parley/contract';
import { z } from 'zod';
import { httpServer, type SeenRequest, sendJson } from '../test-fixtures/http-server.ts';
import { rejection, someError } from '../test-fixtures/sample.ts';
import { createClient } from './client.ts';
import { createUpstream, type Upstream } from './upstream.ts';

const outOfStock = defineError('out_of_stock', {
  status: 409,
  title: 'Out of stock',
  data: z.object({ left: z.number(), since: z.iso.datetime().transform((text) => new Date(text)) }),
});
const thing = z.object({ id: z.string(), name: z.string() });
const things = defineContract('things', {
  listThings: get('/api/things', {
    summary: 'Things',
    input: z.object({
      limit: z.number().int().max(100).optional(),
      tag: z.array(z.string()).optional(),
      before: z.date().optional(),
      language: z.string().optional(),
    }),
    requestHeaders: { language: 'Accept-Language' },
    output: z.object({ things: z.array(thing), etag: z.string().optional() }),
    responseHeaders: { etag: 'ETag' },
  }),
  getThing: get('/api/things/{id}', { summary: 'One', input: z.object({ id: z.string() }), output: thing }),
  buyThing: post('/api/things/{id}/purchases', {
    summary: 'Buy',
    input: z.object({ id: z.string(), count: z.number().min(1), note: z.string().optional() }),
    output: z.object({ paid: z.coerce.date() }),
    errors: [outOfStock],
  }),
  nameThing: put('/api/things/{id}', { summary: 'Name', input: thing }),
  dropThing: del('/api/things/{id}', { summary: 'Drop', input: z.object({ id: z.string() }) }),
  orderThing: post('/api/orders', { summary: 'Order', safety: 'keyed' }),
  ping: post('/api/ping', { summary: 'Ping' }),
});

let answer: (response: ServerResponse, request: SeenRequest) => void;
let server: Awaited<ReturnType<typeof httpServer>>;
let upstream: Upstream;
beforeEach(async () => {
  answer = (response) => sendJson(response, 200, { id: '7', name: 'seven' });
  server = await httpServer((request, response) => answer(response, request));
  upstream = createUpstream('things', server.address, { callTimeoutMs: 2_000, maxAttempts: 1 });
});
afterEach(async () => {
  await upstream.close();
  await server.close();
});
const client = () => createClient(things, upstream);
const seen = () => server.requests.at(-1);

describe('createClient', () => {
  it('has a method per operation', () => {
    expect(Object.keys(client())).toEqual(Object.keys(things.operations));
  });

  it('checks types of input and output', async () => {
    answer = (response) => sendJson(response, 200, { things: [] });
    const typesOnly = async () => {
      // @ts-expect-error id is missing
      await client().getThing({});
      // @ts-expect-error input is needed
      await client().getThing();
      // @ts-expect-error a thing has no price
      (await client().getThing({ id: '7' })).price;
    };
    expect(typesOnly).toBeDefined();
    const { things } = await client().listThings();
    const names: string[] = things.map(({ name }) => name);
    expect(names).toEqual([]);
  });

  describe('input', () => {
    it('is validated before anything is sent', async () => {
      const error = await rejection(client().buyThing({ id: '7', count: 0 }));
      expect(error).toMatchObject({ code: 'invalid_input', operation: 'POST /api/things/{id}/purchases' });
      expect(error.message).toMatch(/: not sent: count: Too small/);
      expect(error.issues).toEqual([{ path: 'count', message: expect.stringContaining('>=1') }]);
      expect(server.requests).toEqual([]);
    });

    it.each(['', '.', '..'])(
      'that cannot be a path segment (%j) is refused with the name of its operation',
      async (id) => {
        const error = await rejection(client().getThing({ id }));
        expect(error).toMatchObject({ code: 'invalid_input', operation: 'GET /api/things/{id}' });
        expect(error.issues?.[0]?.path).toBe('id');
        expect(server.requests).toEqual([]);
      },
    );

    it('travels in the path, encoded', async () => {
      await client().getThing({ id: 'a/b?c d#é' });
      expect(seen()).toMatchObject({ method: 'GET', url: '/api/things/a%2Fb%3Fc%20d%23%C3%A9', body: '' });
    });

    it('travels in the query and headers', async () => {
      answer = (response) => sendJson(response, 200, { things: [] });
      const before = new Date('2026-01-02T03:04:05Z');
      await client().listThings({ limit: 5, tag: ['a&b', 'c'], before, language: 'fr' });
      const { searchParams } = new URL(seen()?.url ?? '', 'http://x');
      expect([...searchParams]).toEqual([
        ['limit', '5'],
        ['tag', 'a&b'],
        ['tag', 'c'],
        ['before', '2026-01-02T03:04:05.000Z'],
      ]);
      expect(seen()?.headers['accept-language']).toBe('fr');
    });

    it('travels in a JSON body, without what is in the path', async () => {
      answer = (response) => sendJson(response, 200, { paid: '2026-01-02' });
      await client().buyThing({ id: '7', count: 2, note: 'żółć' });
      expect(seen()).toMatchObject({ method: 'POST', url: '/api/things/7/purchases' });
      expect(seen()?.headers['content-type']).toBe('application/json');
      expect(JSON.parse(seen()?.body ?? '')).toEqual({ count: 2, note: 'żółć' });
    });

    it('is refused where the operation takes none: the options are there by mistake', async () => {
      const client = createClient(things, upstream) as unknown as { ping(options: object): Promise<void> };
      await expect(client.ping({ timeoutMs: 200 })).rejects.toThrow(
        'POST /api/ping: expected no input, got one with timeoutMs: options come second, (input, options)',
      );
      expect(server.requests).toEqual([]);
    });

    it('that is nothing is sent as nothing', async () => {
      answer = (response) => response.writeHead(204).end();
      await expect(client().ping()).resolves.toBeUndefined();
      expect(seen()).toMatchObject({ method: 'POST', body: '' });
      expect(seen()?.headers['content-type']).toBeUndefined();
    });
  });

  describe('output', () => {
    it('is what comes out of the schema', async () => {
      answer = (response) => sendJson(response, 200, { paid: '2026-01-02T00:00:00Z' });
      expect(await client().buyThing({ id: '7', count: 1 })).toEqual({ paid: new Date('2026-01-02') });
    });

    it('has its members from headers', async () => {
      answer = (response) => sendJson(response, 200, { things: [] }, { etag: '"v1"' });
      expect(await client().listThings()).toEqual({ things: [], etag: '"v1"' });
    });

    it('is nothing where the contract declares none', async () => {
      answer = (response) => response.writeHead(204).end();
      await expect(client().dropThing({ id: '7' })).resolves.toBeUndefined();
    });

    it.each([
      ['does not fit the schema', 200, '{"id":7,"name":"seven"}', /: breaks the contract: id: Invalid input/],
      ['is no JSON', 200, '<h1>Welcome</h1>', /: breaks the contract: status 200 came with a body that is not JSON/],
      ['is missing', 200, '', /: breaks the contract: status 200 came with a body that is not JSON/],
      ['is none', 204, '', /: breaks the contract: answered with status 204, not 200/],
      ['is part of it', 206, '{"id":"7","name":"seven"}', /: breaks the contract: answered with status 206, not 200/],
      [
        'is accepted only',
        202,
        '{"id":"7","name":"seven"}',
        /: breaks the contract: answered with status 202, not 200/,
      ],
      ['is of a proxy', 203, '{"id":"7","name":"seven"}', /: breaks the contract: answered with status 203, not 200/],
      ['is a redirect', 302, '', /: breaks the contract: answered with status 302, not 200/],
    ])('that %s is an invalid reply', async (_, status, body, message) => {
      answer = (response) => response.writeHead(status, { location: '/login' }).end(body);
      const error = await rejection(client().getThing({ id: '7' }));
      expect(error).toMatchObject({ code: 'invalid_reply', operation: 'GET /api/things/{id}', attempts: 1 });
      expect(error.endpoint).toBe(server.address);
      expect(error.message).toMatch(message);
    });

    it.each([200, 201, 202, 206])(
      'that has status %d is no success of an operation whose status is 204',
      async (status) => {
        answer = (response) => sendJson(response, status, {});
        const error = await rejection(client().dropThing({ id: '7' }));
        expect(error).toMatchObject({ code: 'invalid_reply', blamesEndpoint: false, isTransient: false });
        expect(error.message).toMatch(`answered with status ${status}, not 204`);
      },
    );

    it('that is a redirect is no success of an operation without output', async () => {
      answer = (response) => response.writeHead(302, { location: '/login' }).end();
      const error = await rejection(client().dropThing({ id: '7' }));
      expect(error.message).toMatch(/\[invalid_reply\] DELETE .*: answered with status 302, not 204/);
    });
  });

  describe('errors', () => {
    const problem = { type: 'urn:parley:problem:out_of_stock', title: 'Out', status: 409, detail: 'only 1 left' };

    it("that are the contract's own arrive typed, with their data", async () => {
      answer = (response) => sendJson(response, 409, { ...problem, left: 1, since: '2026-01-02T03:04:05Z' });
      const error: unknown = await rejection(client().buyThing({ id: '7', count: 2 }));
      if (!outOfStock.is(error)) throw error;
      const { left, since } = error.data ?? {};
      expect({ left, year: since?.getUTCFullYear() }).toEqual({ left: 1, year: 2026 });
      expect(error).toMatchObject({ status: 409, detail: 'only 1 left', attempts: 1 });
      expect(error.message).toBe('[out_of_stock] POST /api/things/{id}/purchases: only 1 left');
      expect(error.isTransient).toBe(false);
    });

    it('with data that break the contract are an invalid reply', async () => {
      answer = (response) => sendJson(response, 409, { ...problem, left: 'none' });
      const error = await rejection(client().buyThing({ id: '7', count: 2 }));
      expect(error.message).toMatch(/\[invalid_reply\] .* breaks the contract: error out_of_stock: left: .*; since: /);
    });

    it('of the common table arrive with their code', async () => {
      const errors = [{ path: 'id', message: 'too long' }];
      answer = (response) =>
        sendJson(response, 400, { type: 'urn:parley:problem:invalid_input', title: 'x', detail: 'no', errors });
      expect(await rejection(client().getThing({ id: '7' }))).toMatchObject({ code: 'invalid_input', issues: errors });
    });
  });

  describe('options of a call', () => {
    const keys = () => server.requests.map(({ headers }) => headers['idempotency-key']);
    const failOnce = () => {
      let sent = 0;
      answer = (response) => response.writeHead(sent++ === 0 ? 503 : 204).end();
    };

    it('let a keyed POST be sent again, with the same key', async () => {
      failOnce();
      await client().orderThing({}, { maxAttempts: 2 });
      expect(keys()).toEqual([expect.stringMatching(/^"[0-9a-f-]{36}"$/), keys()[0]]);
    });

    it("make a retry by hand the same, by the caller's own key", async () => {
      failOnce();
      expect((await rejection(client().orderThing({}, { idempotencyKey: 'order-7' }))).code).toBe('unavailable');
      await client().orderThing({}, { idempotencyKey: 'order-7' });
      expect(keys()).toEqual(['"order-7"', '"order-7"']);
    });

    it('that are not for the operation are a TypeError, and nothing is sent', async () => {
      // @ts-expect-error ping is unsafe
      await expect(client().ping({}, { maxAttempts: 2 })).rejects.toThrow(TypeError);
      expect(server.requests).toEqual([]);
    });
  });

  describe('context', () => {
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true };

    it('is that of the request being served: id, trace and time left', async () => {
      const context = { requestId: 'r-1', trace, deadlineMs: now() + 500 };
      await runInContext(context, () => client().getThing({ id: '7' }));
      expect(seen()?.headers['x-request-id']).toBe('r-1');
      const told = parseTraceparent(seen()?.headers.traceparent as string);
      expect(told?.traceId).toBe(trace.traceId);
      expect(told?.spanId).not.toBe(trace.spanId);
      const leftMs = Number(seen()?.headers['x-request-timeout-ms']);
      expect(leftMs).toBeGreaterThan(300);
      expect(leftMs).toBeLessThanOrEqual(500);
    });

    it('ends a call when the time of the served request is up, before or meanwhile', async () => {
      answer = () => {};
      const late = runInContext({ deadlineMs: now() + 30 }, () => client().getThing({ id: '7' }));
      expect((await rejection(late)).code).toBe('deadline_exceeded');
      const sent = server.requests.length;
      const never = runInContext({ deadlineMs: now() - 1 }, () => client().getThing({ id: '7' }));
      expect((await rejection(never)).message).toMatch(/not sent: the time was up before/);
      const ended = { signal: AbortSignal.abort(someError('deadline_exceeded')) };
      expect((await rejection(runInContext(ended, () => client().getThing({ id: '7' })))).code).toBe(
        'deadline_exceeded',
      );
      expect(server.requests).toHaveLength(sent);
    });

    it('ends a call when the served request is cancelled', async () => {
      answer = () => {};
      const served = new AbortController();
      const call = runInContext({ signal: served.signal }, () => client().getThing({ id: '7' }));
      served.abort();
      expect((await rejection(call)).code).toBe('cancelled');
    });

    it('is overridden by an explicit second argument, member by member', async () => {
      const explicit = { requestId: 'mine', timeoutMs: 250 };
      await runInContext({ requestId: 'r-1', trace }, () => client().getThing({ id: '7' }, explicit));
      expect(seen()?.headers['x-request-id']).toBe('mine');
      expect(parseTraceparent(seen()?.headers.traceparent as string)?.traceId).toBe(trace.traceId);
      expect(Number(seen()?.headers['x-request-timeout-ms'])).toBeLessThanOrEqual(250);
    });

    it('does not let timeoutMs outlive the deadline', async () => {
      const context = { deadlineMs: now() + 20_000 };
      await runInContext(context, () => client().getThing({ id: '7' }, { timeoutMs: 60_000 }));
      expect(Number(seen()?.headers['x-request-timeout-ms'])).toBeLessThanOrEqual(20_000);
    });

    it('is fresh outside a request', async () => {
      await client().getThing({ id: '7' });
      const headers = seen()?.headers;
      expect(headers?.['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
      expect(parseTraceparent(headers?.traceparent as string)?.traceId).toBe(headers?.['x-request-id']);
    });
  });
});
