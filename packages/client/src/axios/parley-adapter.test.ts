import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CallError, now, runInContext } from '@parley/contract';
import axios, { type AxiosError, type AxiosRequestConfig } from 'axios';
import { httpServer, type SeenRequest, sendJson } from '../../test-fixtures/http-server.ts';
import { deadAddress, RawServer } from '../../test-fixtures/raw-server.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { createUpstream, type Upstream } from '../upstream.ts';
import { parleyAdapter } from './parley-adapter.ts';

let answers: ((request: SeenRequest) => [status: number, body: unknown] | undefined)[];
let server: Awaited<ReturnType<typeof httpServer>>;
let upstream: Upstream;
beforeEach(async () => {
  answers = [() => [200, { ok: true }]];
  server = await httpServer((request, response) => {
    const answer = (answers.length > 1 ? answers.shift() : answers[0])?.(request);
    if (answer) sendJson(response, ...answer);
  });
  upstream = createUpstream('things', server.address, {
    callTimeoutMs: 20_000, // on a busy machine too
    attemptTimeoutMs: 15_000,
    backoffBaseMs: 1,
    circuitMinCalls: 1_000,
  });
});
afterEach(async () => {
  await upstream.close();
  await server.close();
});

const create = (config: AxiosRequestConfig = {}) => axios.create({ adapter: parleyAdapter(upstream), ...config });
const seen = () => server.requests.at(-1);
const unavailable = () => [503, {}] as [number, unknown];

async function failure(promise: Promise<unknown>): Promise<AxiosError> {
  const error: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!axios.isAxiosError(error)) throw error ?? new Error('expected a rejection');
  return error;
}

describe('parleyAdapter', () => {
  it.each([
    ['answered', { url: '/api/things' }, 'answered'],
    ['refused', { url: 'http://elsewhere/' }, 'ERR_NOT_SUPPORT'],
  ])('leaves nothing on the cancel token of a request that is %s', async (_, config, end) => {
    const { token } = axios.CancelToken.source();
    const listening = new Set<unknown>();
    token.subscribe = (listener) => void listening.add(listener);
    token.unsubscribe = (listener) => void listening.delete(listener);
    const ended = create().request({ ...config, cancelToken: token });
    expect(
      await ended.then(
        () => 'answered',
        ({ code }) => code,
      ),
    ).toBe(end);
    expect(listening.size).toBe(0);
  });

  it('gets JSON', async () => {
    const response = await create().get<{ ok: boolean }>('/api/things');
    expect(response).toMatchObject({ status: 200, data: { ok: true } });
    expect(response.headers['content-type']).toBe('application/json');
    expect(seen()).toMatchObject({ method: 'GET', url: '/api/things' });
  });

  it('gives an error of a status the CallError as its cause', async () => {
    const { differs } = { differs: 'an AxiosError has the `CallError` as its `cause`, one of a status too' };
    answers = [() => [404, { code: 'not_found', status: 404 }]];
    const { cause, response } = await failure(create().get('/api/things/7'));
    expect(response?.status).toBe(404);
    expect([differs, cause]).toMatchObject([differs, { code: 'not_found', status: 404, attempts: 1 }]);
  });

  it('gives an error in words of ours for a status that HTTP does not have', async () => {
    const odd = new RawServer((socket) => socket.write('HTTP/1.1 099 Odd\r\ncontent-length: 2\r\n\r\n{}'));
    const there = createUpstream('odd', await odd.listen());
    const { code, message, cause } = await failure(axios.create({ adapter: parleyAdapter(there) }).get('/'));
    expect([code, message]).toEqual([
      'ERR_BAD_RESPONSE',
      expect.stringMatching(/^the reply cannot be read: its status/),
    ]);
    expect(cause).toMatchObject({ code: 'invalid_reply', isTransient: false, blamesEndpoint: false });
    await there.close();
    await odd.close();
  });

  it('marks the config of a call that failed after retries', async () => {
    const { differs } = { differs: 'the config of a call that failed after retries has `parleyAttempts`' };
    answers = [unavailable];
    const { config } = await failure(create().get('/api/things/7'));
    expect([differs, config]).toMatchObject([differs, { parleyAttempts: 3 }]);
    answers = [() => [404, {}]];
    expect((await failure(create().get('/api/things/7'))).config).not.toHaveProperty('parleyAttempts');
  });

  it('posts JSON', async () => {
    await create().post('/api/things', { name: 'żółć' });
    expect(seen()).toMatchObject({ method: 'POST', body: '{"name":"żółć"}' });
    expect(seen()?.headers['content-type']).toBe('application/json');
  });

  it.each([
    ['text', 'plain', 'plain'],
    ['a form', new URLSearchParams({ a: '1 2' }), 'a=1+2'],
    ['a buffer', Buffer.from('bytes'), 'bytes'],
    ['an array buffer', new TextEncoder().encode('bytes').buffer, 'bytes'],
    ['nothing', undefined, ''],
  ])('posts %s', async (_, data, body) => {
    await create().post('/api/things', data);
    expect(seen()?.body).toBe(body);
  });

  it('puts params into the query', async () => {
    await create().get('/api/things?x=0', { params: { a: 'b c', list: [1, 2], none: undefined } });
    expect([...new URL(seen()?.url ?? '', 'http://x').searchParams]).toEqual([
      ['x', '0'],
      ['a', 'b c'],
      ['list[]', '1'],
      ['list[]', '2'],
    ]);
  });

  it.each([
    ['/api', 'things', '/api/things'],
    ['http://elsewhere.example/api/', '/things', '/api/things'],
    ['https://elsewhere.example', '/things', '/things'],
  ])('takes the path of the baseURL %s, not its host', async (baseURL, url, path) => {
    await create({ baseURL }).get(url);
    expect(seen()?.url).toBe(path);
    expect(`http://${seen()?.headers.host}`).toBe(server.address);
  });

  it.each(['http://evil.example/api', 'HTTPS://evil.example', '//evil.example/api'])(
    'refuses the absolute URL %s',
    async (url) => {
      const error = await failure(create({ baseURL: '/api' }).get(url));
      expect(error).toMatchObject({ code: 'ERR_NOT_SUPPORT', message: expect.stringContaining('absolute URL') });
      expect(server.requests).toEqual([]);
    },
  );

  it('gives bytes for an arraybuffer, text for text', async () => {
    const { data } = await create().get('/', { responseType: 'arraybuffer' });
    expect(Buffer.isBuffer(data) && data.toString()).toBe('{"ok":true}');
    expect((await create().get('/', { responseType: 'text' })).data).toBe('{"ok":true}');
  });

  it('throws as axios does at an error status', async () => {
    answers = [() => [404, { detail: 'no such thing' }]];
    const error = await failure(create().get('/api/things/7'));
    expect(error).toMatchObject({
      code: 'ERR_BAD_REQUEST',
      message: 'Request failed with status code 404',
      status: 404,
      response: { status: 404, data: { detail: 'no such thing' } },
      config: { url: '/api/things/7' },
    });
    answers = [() => [500, {}]];
    expect((await failure(create().get('/'))).code).toBe('ERR_BAD_RESPONSE');
  });

  it.each([() => true, null])('leaves it to validateStatus (%s)', async (validateStatus) => {
    answers = [() => [404, {}]];
    expect((await create({ validateStatus }).get('/')).status).toBe(404);
  });

  it('retries what may be sent twice, and nothing else', async () => {
    for (const method of ['get', 'head', 'options', 'put', 'delete']) {
      answers = [unavailable, () => [200, {}]];
      expect((await create().request({ method, url: '/' })).status).toBe(200);
    }
    for (const method of ['post', 'patch']) {
      answers = [unavailable, () => [200, {}]];
      expect((await failure(create().request({ method, url: '/' }))).status).toBe(503);
    }
  });

  it('retries a POST with an idempotency key', async () => {
    answers = [unavailable, () => [201, {}]];
    const headers = { 'Idempotency-Key': 'k-1' };
    expect((await create().post('/api/things', {}, { headers })).status).toBe(201);
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['k-1', 'k-1']);
  });

  it('ends at once with what beforeRedirect throws, and blames no endpoint', async () => {
    let requests = 0;
    const redirecting = await httpServer((_, response) => {
      requests++;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    const there = createUpstream('there', redirecting.address, { backoffBaseMs: 1, circuitMinCalls: 1 });
    const beforeRedirect = () => {
      throw new Error('not there');
    };
    const error = await failure(axios.create({ adapter: parleyAdapter(there) }).get('/', { beforeRedirect }));
    expect([error.code, error.message]).toEqual(['ERR_FR_REDIRECTION_FAILURE', 'Redirected request failed: not there']);
    expect([requests, there.endpoints()[0]?.circuit]).toEqual([1, 'closed']);
    await there.close();
    await redirecting.close();
  });

  it('refuses a timeout that is below 0, which breaks in Node, or no number', async () => {
    const { differs } = { differs: 'a `timeout` below 0 is refused' };
    for (const timeout of [-1, '-1', 'soon', {}, Number.NaN, Number.POSITIVE_INFINITY]) {
      const isNone = Number.isNaN(timeout); // as axios takes it
      const outcome = create({ timeout: timeout as number }).get('/');
      if (isNone) expect((await outcome).status).toBe(200);
      else expect([differs, (await failure(outcome)).code]).toEqual([differs, 'ERR_BAD_OPTION_VALUE']);
    }
  });

  it.each([0, '0', null, undefined])('takes the timeout %p for none', async (timeout) => {
    expect((await create({ timeout: timeout as number }).get('/')).status).toBe(200);
  });

  it.each(['', ' '])('takes the idempotency key %j for none', async (key) => {
    answers = [unavailable, () => [201, {}]];
    const headers = { 'Idempotency-Key': key };
    expect((await failure(create().post('/api/things', {}, { headers }))).status).toBe(503);
  });

  describe('ends', () => {
    beforeEach(() => {
      answers = [() => undefined];
    });

    it('the whole call after timeout', async () => {
      const startedAt = performance.now();
      const error = await failure(create({ timeout: 60 }).get('/'));
      expect(error.code).toBe('ECONNABORTED');
      expect(performance.now() - startedAt).toBeLessThan(10_000); // the upstream's own is 20 s
      const clear = { timeout: 30, transitional: { clarifyTimeoutError: true }, timeoutErrorMessage: 'too slow' };
      expect(await failure(create(clear).get('/'))).toMatchObject({ code: 'ETIMEDOUT', message: 'too slow' });
    });

    it('when the signal fires', async () => {
      const caller = new AbortController();
      answers = [() => void caller.abort()];
      const error = await failure(create().get('/', { signal: caller.signal }));
      expect([error.code, axios.isCancel(error)]).toEqual(['ERR_CANCELED', true]);
    });

    it('with the request that is being served', async () => {
      const served = new AbortController();
      answers = [() => void served.abort()];
      const call = runInContext({ signal: served.signal }, () => create().get('/'));
      expect(axios.isCancel(await failure(call))).toBe(true);
      const late = runInContext({ deadlineMs: now() + 20 }, () => create().get('/'));
      expect((await failure(late)).code).toBe('ECONNABORTED');
    });
  });

  it('hands on the request id and the trace, but not over a header of the caller', async () => {
    await runInContext({ requestId: 'r-1' }, () => create().get('/'));
    expect(seen()?.headers['x-request-id']).toBe('r-1');
    await create().get('/', { headers: { 'X-Request-Id': 'mine' } });
    expect(seen()?.headers['x-request-id']).toBe('mine');
  });

  it('tells of a broken connection as axios does, with the CallError as its cause', async () => {
    const dead = createUpstream('dead', await deadAddress(), { maxAttempts: 1 });
    const error = await failure(axios.create({ adapter: parleyAdapter(dead) }).get('/'));
    await dead.close();
    expect([error.code, error.response]).toEqual(['ECONNREFUSED', undefined]);
    expect(error.message).toMatch(/^connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
    expect(error.cause).toBeInstanceOf(CallError);
    expect(error.cause).toMatchObject({ code: 'unavailable', isUnprocessed: true });
  });

  it("runs axios' own interceptors once per call, whatever the attempts", async () => {
    answers = [unavailable, () => [200, { ok: true }]];
    const instance = create();
    let requests = 0;
    instance.interceptors.request.use((config) => {
      requests++;
      config.headers.set('x-added', 'yes');
      return config;
    });
    instance.interceptors.response.use((response) => ({ ...response, data: { ...response.data, seen: true } }));
    expect((await instance.get('/')).data).toEqual({ ok: true, seen: true });
    expect(requests).toBe(1);
    expect(server.requests.map(({ headers }) => headers['x-added'])).toEqual(['yes', 'yes']);
  });

  const unsupported: [string, unknown][] = [
    ['family', 4],
    ['fetchOptions', {}],
    ['http2Options', {}],
    ['httpAgent', {}],
    ['httpVersion', 2],
    ['httpsAgent', {}],
    ['insecureHTTPParser', true],
    ['lookup', () => {}],
    ['maxRate', 100],
    ['formDataHeaderPolicy', 'content-only'],
    ['proxy', { host: 'proxy', port: 1 }],
    ['socketPath', '/tmp/socket'],
    ['transport', {}],
  ];
  it.each(unsupported)('refuses the option %s, naming it, and sends nothing', async (option, value) => {
    const error = await failure(create().get('/', { [option]: value }));
    expect(error.code).toBe('ERR_NOT_SUPPORT');
    expect(error.message).toMatch(new RegExp(`^the option ${option} is not supported: \\w+`));
    expect(server.requests).toEqual([]);
  });

  it('says what to do where the option socketPath was meant', async () => {
    const error = await failure(create().get('/', { socketPath: '/run/things.sock' }));
    expect(error.message).toMatch(/ give its address as unix:\/path to createUpstream$/);
  });

  it.each([
    { proxy: false },
    { maxRedirects: 0 },
    { maxContentLength: Number.POSITIVE_INFINITY, maxBodyLength: Number.POSITIVE_INFINITY },
    { responseEncoding: 'utf8' },
    { decompress: true },
  ] as const)('takes %j, which asks for nothing', async (config) => {
    expect((await create(config).get('/')).status).toBe(200);
  });

  it.each(['formdata', 'nonsense'] as const)('refuses the response type %s', async (responseType) => {
    expect((await failure(create().get('/', { responseType: responseType as 'formdata' }))).message).toMatch(
      responseType,
    );
  });

  describe('a streamed reply', () => {
    let finish: () => void;
    // Real time would run out on a busy machine before the reply has begun.
    const clock = new VirtualClock();
    beforeEach(async () => {
      await upstream.close();
      await server.close();
      const streaming = await httpServer((_, response) => {
        response.write('first');
        finish = () => response.end('last');
      });
      server = streaming;
      upstream = createUpstream('things', server.address, { callTimeoutMs: 2_000, attemptTimeoutMs: 50, clock });
    });
    const read = async (stream: AsyncIterable<Buffer>) => {
      let text = '';
      for await (const chunk of stream) text += chunk;
      return text;
    };

    it('that is not read is ended by the deadline, without an uncaught error', async () => {
      const { data } = await create({ timeout: 60 }).get('/', { responseType: 'stream' });
      const closed = new Promise((resolve) => data.once('close', resolve));
      await clock.advance(60);
      await closed;
      expect(data.errored).toMatchObject({ code: 'ECONNABORTED' });
    });

    it('of an error has no deadline, since it was read whole: nobody may read it', async () => {
      await server.close();
      await upstream.close();
      server = await httpServer((_, response) => sendJson(response, 404, { detail: 'none' }));
      upstream = createUpstream('things', server.address, { callTimeoutMs: 2_000, clock });
      const { response } = await failure(create().get('/', { responseType: 'stream' }));
      const data = response?.data as Readable;
      const errors: unknown[] = [];
      data.on('error', (error: unknown) => errors.push(error));
      await clock.advance(10_000);
      expect(await read(data)).toBe('{"detail":"none"}');
      expect(errors).toEqual([]);
    });

    it('is given as soon as it begins', async () => {
      const { data } = await create().get('/', { responseType: 'stream' });
      finish();
      expect(await read(data)).toBe('firstlast');
    });

    const caller = new AbortController();
    const source = axios.CancelToken.source();
    const ends: [string, AxiosRequestConfig, () => void, string][] = [
      ['timeout', { timeout: 100 }, () => void clock.advance(100), 'ECONNABORTED'],
      ['signal', { signal: caller.signal }, () => caller.abort(), 'ERR_CANCELED'],
      ['cancel token', { cancelToken: source.token }, () => source.cancel(), 'ERR_CANCELED'],
    ];
    it.each(ends)('ends by %s while it is read', async (_, config, end, code) => {
      const { data } = await create().get('/', { responseType: 'stream', ...config });
      const reading = failure(read(data));
      end();
      expect((await reading).code).toBe(code);
    });

    it('does not cut off a body that is still being sent', async () => {
      const seen: string[] = [];
      const { createServer } = await import('node:http');
      const echo = createServer((incoming, response) => {
        response.write('many ');
        incoming.on('data', (chunk) => seen.push(String(chunk))).on('end', () => response.end('thanks'));
      });
      await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
      const { port } = echo.address() as { port: number };
      const both = createUpstream('echo', `http://127.0.0.1:${port}`);
      const { PassThrough } = await import('node:stream');
      const body = new PassThrough();
      body.write('a');
      const { data } = await axios.create({ adapter: parleyAdapter(both) }).post('/', body, { responseType: 'stream' });
      body.end('b');
      expect(await read(data)).toBe('many thanks');
      expect(seen.join('')).toBe('ab');
      await both.close();
      echo.close();
    });
  });
});
