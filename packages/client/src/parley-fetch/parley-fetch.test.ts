import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CallError } from '@parley/contract';
import { type Answering, ScriptedUpstream } from '../../test-fixtures/scripted-upstream.ts';
import type { Attempt } from '../layer.ts';
import { settled } from '../testing/virtual-clock.ts';
import { Reply, type ReplyHeaders } from '../transport/reply.ts';
import { parleyFetch } from './parley-fetch.ts';

let scripted: ScriptedUpstream | undefined;
afterEach(async () => {
  await scripted?.close();
  scripted = undefined;
});

/** A `fetch` over an upstream that answers by script, and what it was asked. */
function fetching(answer: Answering, options: ConstructorParameters<typeof ScriptedUpstream>[1] = {}) {
  const attempts: Attempt[] = [];
  scripted = new ScriptedUpstream(
    {
      a: (attempt) => {
        attempts.push(attempt);
        return answer(attempt);
      },
    },
    options,
  );
  const { upstream } = scripted;
  return { fetch: parleyFetch(upstream), attempts, clock: scripted.clock };
}

const origin = { operation: 'GET /', endpoint: 'http://a', attempts: 1 };
const streamed = (status: number, headers: ReplyHeaders = {}, ...chunks: string[]) =>
  new Reply(status, headers, Readable.from(chunks.map((chunk) => Buffer.from(chunk))), origin);

describe('parleyFetch', () => {
  it('is a fetch over the pipeline: status, fields, and a body that is a stream', async () => {
    const fields = { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] };
    const { fetch, attempts } = fetching(async () => streamed(201, fields, 'one', 'two'));
    const response = await fetch('http://anywhere/api/things?page=2#part', { headers: { 'X-Own': '1' } });
    expect([response.status, response.statusText, response.ok]).toEqual([201, 'Created', true]);
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.url).toBe('http://anywhere/api/things?page=2#part');
    expect(await response.text()).toBe('onetwo');
    expect(attempts[0]?.call).toMatchObject({
      label: 'GET /api/things',
      method: 'GET',
      path: '/api/things?page=2',
      headers: { 'x-own': '1', traceparent: expect.any(String) },
      replyAs: 'stream',
      safety: 'safe',
    });
  });

  it.each(['/api/things', new URL('http://x/api/things'), new Request('http://x/api/things')])(
    'takes a path, a URL or a request: %s',
    async (input) => {
      const { fetch, attempts } = fetching(async () => streamed(200));
      await fetch(input);
      expect(attempts[0]?.call.path).toBe('/api/things');
    },
  );

  it.each<[RequestInit, string, string]>([
    [{ method: 'PUT' }, 'PUT', 'idempotent'],
    [{ method: 'delete' }, 'DELETE', 'idempotent'],
    [{ method: 'query' }, 'QUERY', 'safe'],
    [{ method: 'POST' }, 'POST', 'unsafe'],
    [{ method: 'POST', headers: { 'Idempotency-Key': 'k' } }, 'POST', 'keyed'],
  ])('sends %j as %s, which is %s', async (init, method, safety) => {
    const { fetch, attempts } = fetching(async () => streamed(204));
    expect((await fetch('/x', init)).body).toBeNull();
    expect(attempts[0]?.call).toMatchObject({ method, safety });
  });

  it.each<[string, NonNullable<RequestInit['body']>, string | null, string]>([
    ['a text', 'hello', 'text/plain;charset=UTF-8', 'hello'],
    ['bytes', new Uint8Array([104, 105]), null, 'hi'],
    ['a form', new URLSearchParams({ a: '1 2' }), 'application/x-www-form-urlencoded;charset=UTF-8', 'a=1+2'],
    ['a blob', new Blob(['hi'], { type: 'text/css' }), 'text/css', 'hi'],
  ])('sends %s, which can be repeated', async (_, body, type, text) => {
    const { fetch, attempts } = fetching(async () => streamed(200));
    await fetch('/x', { method: 'PUT', body });
    const call = attempts[0]?.call;
    expect(call?.safety).toBe('idempotent');
    expect(String(typeof call?.body === 'string' ? call.body : Buffer.from(call?.body as Uint8Array))).toBe(text);
    expect(call?.headers['content-type'] ?? null).toBe(type);
  });

  it('sends a stream once', async () => {
    let text = '';
    const { fetch, attempts } = fetching(async ({ call }) => {
      for await (const chunk of call.body as AsyncIterable<Uint8Array>) text += Buffer.from(chunk);
      return streamed(503);
    });
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('hello'));
        controller.close();
      },
    });
    const response = await fetch('/x', { method: 'PUT', body, duplex: 'half' } as RequestInit);
    expect([response.status, text, attempts.length]).toEqual([503, 'hello', 1]);
    expect(attempts[0]?.call.safety).toBe('unsafe');
  });

  it('retries, and gives a status that is an error as a response', async () => {
    let number = 0;
    const { fetch, attempts, clock } = fetching(async () => streamed(++number < 3 ? 503 : 404, {}, 'no'));
    const response = await clock.run(fetch('/x'));
    expect([response.status, response.ok, await response.text()]).toEqual([404, false, 'no']);
    expect(attempts).toHaveLength(3);
  });

  it('rejects with a TypeError where no reply came, whose cause says why', async () => {
    const { fetch, clock } = fetching(async () => {
      throw new CallError('unavailable', 'refused', origin);
    });
    const error = await clock.run(fetch('/x').catch((thrown: unknown) => thrown));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).cause).toMatchObject({ code: 'unavailable', story: expect.anything() });
  });

  it.each(['before', 'while'])('rejects with the reason of a signal that fires %s it is sent', async (when) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    if (when === 'before') controller.abort(reason);
    const { fetch, attempts } = fetching(() => new Promise(() => {}));
    const sent = fetch('/x', { signal: controller.signal }).catch((error: unknown) => error);
    if (when === 'while') setImmediate(() => controller.abort(reason));
    expect(await sent).toBe(reason);
    expect(attempts.length).toBe(when === 'before' ? 0 : 1);
  });

  it('refuses what fetch refuses', async () => {
    const { fetch } = fetching(async () => streamed(200));
    await expect(fetch('/x', { method: 'GET', body: 'x' })).rejects.toMatchObject({ name: 'TypeError' });
    await expect(fetch('http://[', {})).rejects.toMatchObject({ name: 'TypeError' });
  });

  it.each([
    ['follow', 20],
    ['manual', 0],
    ['error', 0],
  ] as const)('lets the adapter follow redirects where they are to be followed: %s', async (redirect, maxRedirects) => {
    const { fetch, attempts } = fetching(async () => streamed(200));
    await fetch('/x', { redirect });
    expect(attempts[0]?.call.wire).toEqual({ maxRedirects });
  });

  it('gives a redirect itself, or an error, as it is told', async () => {
    const { fetch } = fetching(async () => streamed(302, { location: '/y' }));
    expect((await fetch('/x', { redirect: 'manual' })).headers.get('location')).toBe('/y');
    await expect(fetch('/x', { redirect: 'error' })).rejects.toThrow('the reply is a redirect');
  });

  it('closes the reply that it rejects for being a redirect', async () => {
    const body = Readable.from([Buffer.from('one')]);
    const { fetch } = fetching(async () => new Reply(302, { location: '/y' }, body, origin));
    await expect(fetch('/x', { redirect: 'error' })).rejects.toThrow('the reply is a redirect');
    await settled();
    expect(body.destroyed).toBe(true);
  });

  it('rejects with a TypeError where the status is none of HTTP', async () => {
    const body = Readable.from([Buffer.from('one')]);
    const { fetch } = fetching(async () => new Reply(999, {}, body, origin), { maxAttempts: 1 });
    await expect(fetch('/x')).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'invalid_reply' } });
    expect(body.destroyed).toBe(true);
  });

  it('tells its URL in a clone too', async () => {
    const { fetch } = fetching(async () => streamed(200, {}, 'one'));
    const clone = (await fetch('http://things/x')).clone().clone();
    expect([clone.url, await clone.text()]).toEqual(['http://things/x', 'one']);
  });

  it('says where redirects have led', async () => {
    const redirected = { method: 'GET', path: '/y?z' };
    const { fetch } = fetching(async () => new Reply(200, {}, Readable.from(['one']), { ...origin, redirected }));
    const response = await fetch('http://things/x');
    expect([response.redirected, response.url]).toEqual([true, 'http://things/y?z']);
  });

  it.each([
    ['AbortError', undefined],
    ['RangeError', new RangeError('enough')],
  ])('rejects with the %s of a signal that fires while the body is read', async (name, reason) => {
    const { fetch } = fetching(async ({ signal }) => {
      const body = new Readable({ read() {} });
      signal?.addEventListener('abort', () => body.destroy(new Error('cut off')));
      body.push('one');
      return new Reply(200, {}, body, origin);
    });
    const abort = new AbortController();
    const text = (await fetch('/x', { signal: abort.signal })).text();
    abort.abort(reason);
    await expect(text).rejects.toMatchObject({ name });
    await expect(text).rejects.toBe(abort.signal.reason);
  });

  it('rejects with a TypeError where the body is cut off, as fetch does', async () => {
    const { fetch } = fetching(async () => {
      const body = new Readable({ read() {} });
      body.push('one');
      setImmediate(() => body.destroy(new Error('cut off')));
      return new Reply(200, {}, body, origin);
    });
    const text = (await fetch('/x')).text();
    await expect(text).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'unavailable' } });
  });

  it('cancels the request where its body is cancelled before it is read', async () => {
    const body = Readable.from([Buffer.from('one')]);
    const { fetch } = fetching(async () => new Reply(200, {}, body, origin));
    await (await fetch('/x')).body?.cancel();
    await settled();
    expect(body.destroyed).toBe(true);
  });

  it('cancels a reply that nobody reads', async () => {
    const body = Readable.from([Buffer.from('one')]);
    const { fetch, clock } = fetching(async () => new Reply(200, {}, body, origin), { idleTimeoutMs: 1000 });
    await fetch('/x');
    await clock.advance(1001);
    expect(body.destroyed).toBe(true);
  });
});

describe('parleyFetch with a cache', () => {
  const fresh = { 'cache-control': 'max-age=60', etag: '"a"' };
  const whole = async () => new Reply(200, fresh, Buffer.from('one'), origin);

  it('answers with a stored reply, again and again', async () => {
    const { fetch, attempts } = fetching(whole, { cache: true });
    for (let call = 0; call < 3; call++) expect(await (await fetch('/x')).text()).toBe('one');
    expect((await fetch('/x')).headers.get('cache-status')).toBe('parley; hit; ttl=60');
    expect((await fetch('/x', { headers: { 'if-none-match': '"a"' } })).status).toBe(304);
    expect(attempts).toHaveLength(1);
  });

  it.each(['no-store', 'reload', 'no-cache'] as const)('lets the mode %s count beside Cache-Control', async (cache) => {
    const { fetch, attempts } = fetching(whole, { cache: true });
    for (let call = 0; call < 3; call++) await fetch('/x', { cache, headers: { 'cache-control': 'max-age=1000' } });
    expect(attempts).toHaveLength(3);
  });

  it('sends one request for calls at the same time', async () => {
    const { fetch, attempts } = fetching(whole, { cache: true });
    const responses = await Promise.all(Array.from({ length: 100 }, () => fetch('/x')));
    expect(await Promise.all(responses.map((response) => response.text()))).toEqual(Array(100).fill('one'));
    expect(attempts).toHaveLength(1);
  });

  it.each<[NonNullable<RequestInit['cache']>, string | undefined, number]>([
    ['default', undefined, 1],
    ['no-store', 'no-store', 2],
    ['reload', 'no-cache', 2],
    ['no-cache', 'max-age=0', 2],
    ['force-cache', 'max-stale', 1],
  ])('understands the mode %s', async (cache, directive, requests) => {
    const { fetch, attempts } = fetching(whole, { cache: true });
    await fetch('/x');
    await fetch('/x', { cache });
    expect(attempts).toHaveLength(requests);
    if (requests > 1) expect(attempts[1]?.headers['cache-control']).toBe(directive);
  });

  it('gives 504 for only-if-cached where nothing is stored', async () => {
    const { fetch, attempts } = fetching(whole, { cache: true });
    expect((await fetch('/x', { cache: 'only-if-cached' })).status).toBe(504);
    expect(attempts).toHaveLength(0);
  });

  it('streams what is not to be stored', async () => {
    const { fetch, attempts } = fetching(async () => streamed(200), { cache: true });
    await fetch('/x', { cache: 'no-store' });
    await fetch('/x', { method: 'POST' });
    await fetch('/x', { headers: { accept: 'text/event-stream' } });
    expect(attempts.map(({ call }) => call.replyAs)).toEqual(['stream', 'stream', 'stream']);
  });
});
