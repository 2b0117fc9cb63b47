import { beforeEach, describe, expect, it } from '@jest/globals';
import { AttemptsLeft, defineContract, get, MinVersions, post, put } from '@parley/contract';
import { z } from 'zod';
import { rejection } from '../../test-fixtures/sample.ts';
import {
  type FetchStep,
  hangingFetch,
  jsonResponse,
  networkError,
  problemResponse,
  scriptedFetch,
} from '../../test-fixtures/scripted-fetch.ts';
import { outOfStock, shop } from '../../test-fixtures/shop.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { createFetchClient } from './fetch-client.ts';
import type { FetchClientOptions } from './fetch-options.ts';

const notes = defineContract('notes', {
  addNote: post('/notes', {
    summary: 'Add',
    input: z.object({ text: z.string() }),
    output: z.object({ id: z.string() }),
    safety: 'keyed',
  }),
  setNote: put('/notes/{id}', { summary: 'Set', input: z.object({ id: z.string() }) }),
  lastNote: get('/notes/last', {
    summary: 'Last',
    output: z.object({ id: z.string() }),
    cache: { maxAgeS: 5, scope: 'public' },
  }),
});
const item = { id: '7', name: 'lamp' };

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

function shopOf(steps: readonly FetchStep[], options: Partial<FetchClientOptions<typeof shop>> = {}) {
  const { fetch, requests } = scriptedFetch(...steps);
  const client = createFetchClient(shop, {
    baseUrl: 'https://api.test/shop/',
    fetch,
    clock,
    random: () => 0.5,
    ...options,
  });
  return { client, requests };
}

function notesOf(...steps: readonly FetchStep[]) {
  const { fetch, requests } = scriptedFetch(...steps);
  return {
    client: createFetchClient(notes, { baseUrl: 'https://api.test', fetch, clock, random: () => 0.5 }),
    requests,
  };
}

describe('calls that share their least versions', () => {
  it('ask for what one of them has written', async () => {
    const { client, requests } = notesOf(jsonResponse({ id: '7' }, 200, { 'x-min-versions': 'notes=7' }));
    const minVersions = new MinVersions();
    await client.addNote({ text: 'a' }, { minVersions });
    await client.lastNote({}, { minVersions });
    await client.lastNote();
    const sent = requests.map(({ headers }) => [headers['x-min-versions'], headers['cache-control']]);
    expect(sent).toEqual([
      [undefined, undefined],
      ['notes=7', 'no-cache'],
      [undefined, undefined],
    ]);
  });
});

describe('a call', () => {
  it('sends the input where the contract says, and gives the output as the schema does', async () => {
    const { client, requests } = shopOf([jsonResponse({ id: '7', name: 'lamp' }, 200, { etag: '"v1"' })]);
    expect(await client.getItem({ id: '7', language: 'fr' })).toEqual({ ...item, tag: '"v1"' });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      url: 'https://api.test/shop/api/items/7',
      init: { method: 'GET', body: null, redirect: 'manual' },
      headers: {
        'accept-language': 'fr',
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/),
        'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
        'x-request-timeout-ms': '4980',
        'x-attempts-left': '2',
      },
    });
  });

  it('says whether cookies go along only where that is asked for', async () => {
    for (const credentials of [undefined, 'include'] as const) {
      const { client, requests } = shopOf([jsonResponse(item)], { credentials });
      await client.newestItem();
      expect(requests[0]?.init.credentials).toBe(credentials);
      expect('credentials' in (requests[0]?.init ?? {})).toBe(credentials !== undefined);
    }
  });

  it('sends a body as JSON', async () => {
    const { client, requests } = shopOf([jsonResponse({ paid: '2026-01-02' })]);
    expect(await client.buyItem({ id: '7', count: 2 })).toEqual({ paid: new Date('2026-01-02') });
    expect(requests[0]).toMatchObject({
      init: { method: 'POST', body: '{"count":2}' },
      headers: { 'content-type': 'application/json' },
    });
  });

  it('has the trace, request id and priority that it is given', async () => {
    const { client, requests } = shopOf([jsonResponse(item)]);
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: false };
    await client.newestItem({}, { trace, requestId: 'mine', priority: 'critical' });
    expect(requests[0]?.headers).toMatchObject({ 'x-request-id': 'mine', 'x-request-priority': 'critical' });
    expect(requests[0]?.headers.traceparent).toMatch(/^00-a{32}-(?!b{16})[0-9a-f]{16}-00$/);
  });

  it('is not sent where its input breaks the contract', async () => {
    const { client, requests } = shopOf([jsonResponse(item)]);
    const failure = await rejection(client.buyItem({ id: '7', count: 0 }));
    expect(failure).toMatchObject({ code: 'invalid_input', issues: [{ path: 'count' }] });
    expect(requests).toEqual([]);
  });

  it('fails with the error that the contract declares, typed', async () => {
    const problem = { type: 'urn:parley:problem:out_of_stock', title: 't', status: 409, detail: 'only 3', left: 3 };
    const { client } = shopOf([jsonResponse(problem, 409, { 'content-type': 'application/problem+json' })]);
    const failure = await client.buyItem({ id: '7', count: 9 }).catch((error) => error);
    expect(outOfStock.is(failure) && failure.data).toEqual({ left: 3 });
    expect(failure).toMatchObject({
      endpoint: 'https://api.test/shop',
      attempts: 1,
      operation: shop.operations.buyItem.label,
    });
  });

  it.each([
    ['another status', jsonResponse(item, 202), 'answered with status 202, not 200'],
    ['no JSON', new Response('<html>'), 'status 200 came with a body that is not JSON'],
    ['another form', jsonResponse({ id: 7 }), 'id: '],
    [
      'a redirect',
      new Response(null, { status: 302, headers: { location: '/' } }),
      'answered with status 302, not 200',
    ],
  ])('fails with invalid_reply, and is not repeated, where the reply has %s', async (_, response, detail) => {
    const { client, requests } = shopOf([response]);
    const failure = await rejection(client.newestItem());
    expect(failure.code).toBe('invalid_reply');
    expect(failure.detail).toContain(detail);
    expect(requests).toHaveLength(1);
  });

  it('gives a redirect that the contract declares, and fails on a page, which cannot see where it leads', async () => {
    const links = defineContract('links', {
      openLink: get('/links/one', {
        summary: 'Leads elsewhere',
        output: z.object({ location: z.string() }),
        status: 302,
        responseHeaders: { location: 'Location' },
      }),
    });
    const redirect = new Response(null, { status: 302, headers: { location: 'https://example.org/' } });
    const opaque = async () => Response.error(); // status 0 and no header, as of a page's opaque redirect
    const { fetch, requests } = scriptedFetch(redirect, opaque);
    const client = createFetchClient(links, { baseUrl: 'https://api.test', fetch, clock });
    expect(await client.openLink()).toEqual({ location: 'https://example.org/' });
    expect(await rejection(client.openLink())).toMatchObject({ code: 'invalid_reply' });
    expect(requests.map(({ init }) => init.redirect)).toEqual(['manual', 'manual']);
  });

  it('ends as cancelled when its signal fires, and takes its request back', async () => {
    const { client, requests } = shopOf([hangingFetch]);
    const controller = new AbortController();
    const failure = rejection(client.newestItem({}, { signal: controller.signal }));
    await clock.advance(10);
    controller.abort();
    expect(await failure).toMatchObject({ code: 'cancelled' });
    expect(requests[0]?.init.signal?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe('time', () => {
  it('ends a call after timeoutMs, and tells the service how much of it there is', async () => {
    const { client, requests } = shopOf([hangingFetch]);
    const failure = rejection(client.buyItem({ id: '7', count: 1 }, { timeoutMs: 800 }));
    await clock.advance(800);
    expect(await failure).toMatchObject({ code: 'deadline_exceeded' });
    expect(requests.map(({ headers }) => headers['x-request-timeout-ms'])).toEqual(['778']);
    expect(clock.pending).toBe(0);
  });

  it('leaves time for another attempt where one hangs', async () => {
    const { client, requests } = shopOf([hangingFetch, jsonResponse(item)]);
    expect(await clock.run(client.newestItem({}, { timeoutMs: 2_000 }))).toEqual(item);
    expect(requests.map(({ headers }) => headers['x-request-timeout-ms'])).toEqual(['980', '455']);
  });

  it('keeps to the earlier deadline of the caller', async () => {
    const { client } = shopOf([hangingFetch]);
    const failure = rejection(client.setItem(item, { deadlineMs: clock.now() + 100, maxAttempts: 1 }));
    await clock.advance(100);
    expect(await failure).toMatchObject({ code: 'deadline_exceeded' });
  });

  it('bounds getting the headers', async () => {
    const { client, requests } = shopOf([jsonResponse(item)], { headers: () => new Promise(() => {}) });
    expect(await rejection(clock.run(client.newestItem()))).toMatchObject({ code: 'deadline_exceeded' });
    expect(requests).toEqual([]);
  });
});

describe('retries', () => {
  it.each([
    ['a safe call', (client: ReturnType<typeof notesOf>['client']) => client.lastNote()],
    ['a keyed call', (client: ReturnType<typeof notesOf>['client']) => client.addNote({ text: 'a' })],
  ])('repeat %s without a network, and after a 503', async (_, call) => {
    const { client, requests } = notesOf(networkError, problemResponse('unavailable', 503), jsonResponse({ id: '1' }));
    expect(await clock.run(call(client))).toEqual({ id: '1' });
    expect(requests.map(({ headers }) => headers['x-attempts-left'])).toEqual(['2', '1', '0']);
  });

  it('have one Idempotency-Key over all attempts, and another one for another call', async () => {
    const { client, requests } = notesOf(networkError, networkError, jsonResponse({ id: '1' }));
    await clock.run(client.addNote({ text: 'a' }));
    await clock.run(client.addNote({ text: 'a' }));
    const keys = requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^"[0-9a-f-]{36}"$/);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(new Set(keys).size).toBe(2);
    await clock.run(client.addNote({ text: 'a' }, { idempotencyKey: 'note-7' }));
    expect(requests.at(-1)?.headers['idempotency-key']).toBe('"note-7"');
  });

  it('never repeat an unsafe call: unavailable, with the reason', async () => {
    const { client, requests } = shopOf([networkError]);
    const failure = await rejection(client.buyItem({ id: '7', count: 1 }));
    expect(failure).toMatchObject({ code: 'unavailable', detail: 'no reply (Failed to fetch)', cause: networkError });
    expect(requests).toHaveLength(1);
  });

  it.each([400, 404, 409])('do not repeat a %d', async (status) => {
    const { client, requests } = shopOf([new Response('', { status })]);
    await rejection(client.newestItem());
    expect(requests).toHaveLength(1);
  });

  it('repeat what a gateway says of itself, and not what a service says of its upstream', async () => {
    const gateway = shopOf([problemResponse('upstream_unavailable', 503), jsonResponse(item)]);
    expect(await clock.run(gateway.client.newestItem())).toEqual(item);
    const service = shopOf([problemResponse('upstream_unavailable', 503, { 'x-attempts-left': '0' })]);
    expect(await rejection(clock.run(service.client.newestItem()))).toMatchObject({ code: 'upstream_unavailable' });
    expect(service.requests).toHaveLength(1);
  });

  it('wait for Retry-After, and give up at once where that is after the deadline', async () => {
    const { client, requests } = shopOf([
      problemResponse('rate_limited', 429, { 'retry-after': '3' }),
      jsonResponse(item),
    ]);
    const reply = client.newestItem();
    await clock.advance(3_000);
    expect(requests).toHaveLength(1);
    await clock.advance(1_000);
    expect(await reply).toEqual(item);
    const late = shopOf([problemResponse('rate_limited', 429, { 'retry-after': '30' })]);
    expect(await rejection(late.client.newestItem())).toMatchObject({ code: 'rate_limited', retryAfterMs: 30_000 });
  });

  it('wait a random time, twice as long each time', async () => {
    const { client, requests } = shopOf([networkError, networkError, jsonResponse(item)]);
    const reply = client.newestItem();
    for (const [ms, count] of [
      [49, 1],
      [1, 2],
      [99, 2],
      [1, 3],
    ] as const) {
      await clock.advance(ms);
      expect(requests).toHaveLength(count);
    }
    expect(await reply).toEqual(item);
  });

  it('make one in five calls dearer at most, beyond two a second', async () => {
    const { client, requests } = shopOf([problemResponse('unavailable', 503)], { backoffMaxMs: 0, backoffBaseMs: 0 });
    for (let call = 0; call < 50; call++) await rejection(clock.run(client.newestItem()));
    expect(requests.length - 50).toBeGreaterThanOrEqual(11);
    expect(requests.length - 50).toBeLessThanOrEqual(12);
  });

  it('draw on the attempts left of the request that the caller serves', async () => {
    const { client, requests } = shopOf([networkError]);
    const attemptsLeft = new AttemptsLeft(1);
    await rejection(clock.run(client.newestItem({}, { attemptsLeft })));
    expect(requests).toHaveLength(2);
    expect(attemptsLeft.count).toBe(0);
  });

  it('are as many as the call says, or its operation', async () => {
    const { client, requests } = shopOf([networkError], { operations: { newestItem: { maxAttempts: 2 } } });
    await rejection(clock.run(client.newestItem()));
    expect(requests).toHaveLength(2);
    await rejection(clock.run(client.newestItem({}, { maxAttempts: 1 })));
    expect(requests).toHaveLength(3);
  });
});

describe('an attempt', () => {
  it('has the time that the call gives it, or its operation', async () => {
    const { client, requests } = shopOf([hangingFetch], { operations: { newestItem: { attemptTimeoutMs: 150 } } });
    const failure = rejection(client.newestItem({}, { maxAttempts: 2, timeoutMs: 1_000 }));
    await clock.advance(350);
    expect(requests).toHaveLength(2);
    await clock.advance(650);
    expect((await failure).code).toBe('deadline_exceeded');
    const hurried = rejection(client.newestItem({}, { attemptTimeoutMs: 50, maxAttempts: 2, timeoutMs: 1_000 }));
    await clock.advance(250);
    expect(requests).toHaveLength(4);
    await clock.advance(750);
    await hurried;
  });
});

describe('an option that is undefined', () => {
  it('is none: the default of the operation holds', async () => {
    const { client } = shopOf([hangingFetch], { operations: { newestItem: { timeoutMs: 300 } }, maxAttempts: 1 });
    const failure = rejection(client.newestItem({}, { timeoutMs: undefined } as object));
    await clock.advance(300);
    expect((await failure).code).toBe('deadline_exceeded');
  });

  it('of an operation is none: the one of the client holds', async () => {
    const options = {
      operations: { watchItems: { firstItemTimeoutMs: undefined } as object },
      firstItemTimeoutMs: 300,
      maxAttempts: 1,
    };
    const { client } = shopOf([hangingFetch], options);
    const failure = rejection(client.watchItems()[Symbol.asyncIterator]().next());
    await clock.advance(300);
    expect((await failure).code).toBe('deadline_exceeded');
  });
});

describe('headers of the user', () => {
  it('go with each call, below those of the contract', async () => {
    const { client, requests } = shopOf([jsonResponse(item)], {
      headers: { 'X-Tenant': 'a', 'Accept-Language': 'de' },
    });
    await client.getItem({ id: '7', language: 'fr' });
    await client.getItem({ id: '7' });
    expect(requests.map(({ headers }) => [headers['x-tenant'], headers['accept-language']])).toEqual([
      ['a', 'fr'],
      ['a', 'de'],
    ]);
  });

  it('are asked for once per call, whatever its attempts', async () => {
    let asked = 0;
    const headers = async () => ({ authorization: `Bearer ${++asked}` });
    const { client, requests } = shopOf([networkError, jsonResponse(item)], { headers });
    await clock.run(client.newestItem());
    await clock.run(client.newestItem());
    expect(requests.map((request) => request.headers.authorization)).toEqual(['Bearer 1', 'Bearer 1', 'Bearer 2']);
  });

  it('that cannot be had end the call, and what failed is not in the error', async () => {
    const headers = () => {
      throw new Error('secret-7');
    };
    const { client, requests } = shopOf([jsonResponse(item)], { headers });
    const failure = await rejection(client.newestItem());
    expect(failure).toMatchObject({ code: 'unavailable', isUnprocessed: true });
    expect(failure.detail).toBe('not sent: getting its headers failed (Error)');
    expect(failure.cause).toBeUndefined();
    expect(requests).toEqual([]);
  });
});

describe('options', () => {
  it.each([
    ['an unknown option', { timeoutMs: 5 }, 'unknown option timeoutMs: expected one of baseUrl, operations, fetch, '],
    ['a time that is none', { callTimeoutMs: 0 }, 'callTimeoutMs must be a number from 1 to 3600000, not 0'],
    ['no number', { maxAttempts: null }, 'maxAttempts must be a number from 1 to 10, not null'],
    ['no URL', { baseUrl: 'api' }, 'baseUrl must be an http or https URL'],
    ['a URL with a password', { baseUrl: 'https://a:b@c' }, 'baseUrl must be an http or https URL'],
    ['a URL with a query', { baseUrl: 'https://c/?d' }, 'baseUrl must be an http or https URL'],
    ['an operation that is not there', { operations: { none: {} } }, 'operations: shop has no operation none'],
    ['a hedged operation', { operations: { newestItem: { hedge: true } } }, 'hedge is not for a client over fetch'],
  ])('refuse %s', (_, options, sentence) => {
    const given = { baseUrl: 'https://api.test', ...options } as FetchClientOptions<typeof shop>;
    expect(() => createFetchClient(shop, given)).toThrow(TypeError);
    expect(() => createFetchClient(shop, given)).toThrow(sentence);
  });

  it.each([
    [{ hedge: true }, 'hedge is not for a client over fetch'],
    [{ timings: [] }, 'timings is not for a client over fetch'],
    [{ timeoutMs: '5' }, 'timeoutMs must be a number'],
    [{ idempotencyKey: 'a' }, 'idempotencyKey is for keyed operations'],
  ])('of a call refuse %j', async (options, sentence) => {
    const { client, requests } = shopOf([jsonResponse(item)]);
    await expect(client.newestItem({}, options as never)).rejects.toThrow(sentence);
    expect(() => client.watchItems({}, options as never)).toThrow(TypeError);
    expect(requests).toEqual([]);
  });
});
