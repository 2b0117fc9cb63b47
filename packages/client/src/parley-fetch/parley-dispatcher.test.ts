import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { CallError } from '@parley/contract';
import {
  Agent,
  type Dispatcher,
  interceptors,
  request,
  FormData as UndiciFormData,
  fetch as undiciFetch,
} from 'undici';
import { eventually, unchanging } from '../../../../test/eventually.ts';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { httpServer, type SeenRequest } from '../../test-fixtures/http-server.ts';
import { deadAddress, RawServer } from '../../test-fixtures/raw-server.ts';
import { shiftedClock } from '../../test-fixtures/shifted-clock.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { createUpstream } from '../upstream.ts';
import { type ParleyDispatcher, parleyDispatcher } from './parley-dispatcher.ts';

type Answer = (request: SeenRequest, response: ServerResponse) => void;

const patient = { callTimeoutMs: 20_000, attemptTimeoutMs: 10_000, backoffBaseMs: 0 };
const sayHello: Answer = (_, response) => response.end('hello');

/** A dispatcher over endpoints at these addresses. */
function dispatching(addresses: readonly string[], options: Partial<UpstreamOptions> = {}) {
  const upstream = createUpstream('things', addresses, { ...patient, ...options });
  closeAfterTest(upstream);
  return { upstream, dispatcher: parleyDispatcher(upstream) };
}

/** A dispatcher over one server that answers like this, and what that was asked. */
async function answeredBy(answer: Answer, options?: Partial<UpstreamOptions>) {
  const server = await httpServer(answer);
  closeAfterTest(server);
  return { ...dispatching([server.address], options), requests: server.requests };
}

/** A server that breaks each connection as soon as it has a request. */
async function breakingServer() {
  const server = new RawServer((socket) => socket.destroy());
  closeAfterTest(server);
  return { address: await server.listen(), requests: server.requests };
}

/** The error that a request ends with; the cause of fetch's own. */
async function errorOf(sent: Promise<unknown>): Promise<unknown> {
  const error: { readonly message?: string; readonly cause?: unknown } = await sent.then(
    () => undefined,
    (thrown) => thrown,
  );
  return error?.message === 'fetch failed' ? error.cause : error;
}

type Init = Omit<RequestInit, 'dispatcher'> & { readonly dispatcher: ParleyDispatcher };
// Without a cast: the type of the dispatcher is for both.
const fetches: readonly (readonly [string, (url: string, init: Init) => Promise<Response>])[] = [
  ["Node's fetch", (url, init) => fetch(url, init)],
  ["undici's fetch", (url, { dispatcher, ...init }) => undiciFetch(url, { ...(init as object), dispatcher }) as never],
];

describe.each(fetches)('parleyDispatcher under %s', (_name, fetchWith) => {
  it('sends method, path, headers and body, and gives status, headers and body', async () => {
    const { dispatcher, requests } = await answeredBy((_, response) => {
      response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] }).end('made');
    });
    const init = { dispatcher, method: 'POST', body: 'hello', headers: { 'X-Own': '1' } };
    const response = await fetchWith('http://anywhere/api/things?page=2', init);
    expect([response.status, response.statusText, await response.text()]).toEqual([201, 'Created', 'made']);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(requests).toMatchObject([{ method: 'POST', url: '/api/things?page=2', body: 'hello' }]);
    expect(requests[0]?.headers).toMatchObject({
      'x-own': '1',
      traceparent: expect.any(String),
      'content-length': '5',
    });
  });

  it('passes codings on, which fetch undoes, and bytes of an error as they are', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    const { dispatcher } = await answeredBy(({ url }, response) => {
      if (url === '/zipped') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('plain'));
      else response.writeHead(404).end(bytes);
    });
    expect(await (await fetchWith('http://x/zipped', { dispatcher })).text()).toBe('plain');
    const missing = await fetchWith('http://x/', { dispatcher });
    expect([missing.status, Buffer.from(await missing.arrayBuffer())]).toEqual([404, bytes]);
  });

  it('leaves redirects to fetch', async () => {
    const { dispatcher, requests } = await answeredBy(({ url }, response) => {
      if (url === '/old') response.writeHead(302, { location: '/new' }).end();
      else response.end('here');
    });
    const response = await fetchWith('http://x/old', { dispatcher });
    expect([response.url, await response.text(), requests.length]).toEqual(['http://x/new', 'here', 2]);
    expect((await fetchWith('http://x/old', { dispatcher, redirect: 'manual' })).status).toBe(302);
  });

  it('fails with the CallError where no reply came', async () => {
    const { dispatcher } = dispatching([await deadAddress()], { maxAttempts: 2 });
    // In Jest an Error is none to Node's fetch, which makes one of its text.
    expect(String(await errorOf(fetchWith('http://x/', { dispatcher })))).toContain(
      '[unavailable] GET /: cannot connect',
    );
    expect(await errorOf(request('http://x/', { dispatcher }))).toBeInstanceOf(CallError);
  });

  it.each(['before it is sent', 'while it waits', 'while its body comes'])(
    'ends a request aborted %s',
    async (when) => {
      const closed: unknown[] = [];
      const { dispatcher, requests } = await answeredBy(({ url }, response) => {
        response.on('close', () => closed.push(url));
        if (url === '/body') response.write('begin');
      });
      const controller = new AbortController();
      const reason = new Error('enough');
      if (when === 'before it is sent') controller.abort(reason);
      const { signal } = controller;
      const sent = fetchWith(when === 'while its body comes' ? 'http://x/body' : 'http://x/', { dispatcher, signal });
      if (when === 'before it is sent') {
        expect(await errorOf(sent)).toBe(reason);
        return expect(requests).toEqual([]);
      }
      if (when === 'while its body comes') {
        const text = (await sent).text();
        controller.abort(reason);
        expect(await errorOf(text)).toBe(reason);
      } else {
        await eventually(() => requests.length === 1);
        controller.abort(reason);
        expect(await errorOf(sent)).toBe(reason);
      }
      await eventually(() => closed.length === 1);
    },
  );

  it('sends again what it can send again, and a stream once', async () => {
    const broken = await breakingServer();
    const { dispatcher } = dispatching([broken.address]);
    const put = { dispatcher, method: 'PUT', body: 'again' };
    expect(String(await errorOf(fetchWith('http://x/', put)))).toContain('unavailable');
    expect(broken.requests.map((text) => text.slice(-9))).toEqual(Array(3).fill('\r\n\r\nagain'));
    const body = new Blob(['once']).stream();
    const sent = fetchWith('http://x/', { dispatcher, method: 'PUT', body, duplex: 'half' });
    expect(String(await errorOf(sent))).toContain('unavailable');
    expect(broken.requests).toHaveLength(4);
  });
});

describe('parleyDispatcher and its endpoints', () => {
  it('loses no request when a replica is killed, and asks it no more', async () => {
    const [killed, other] = [await httpServer(sayHello), await httpServer(sayHello)];
    closeAfterTest(other);
    const clock = shiftedClock();
    const { dispatcher, upstream } = dispatching([killed.address, other.address], {
      circuitConsecutiveFailures: 1,
      circuitOpenMs: 60_000,
      circuitMaxOpenMs: 60_000,
      clock,
    });
    const isEjected = () => upstream.endpoints().find(({ address }) => address === killed.address)?.isEjected;
    const statuses: number[] = [];
    for (let n = 0; n < 60; n++) {
      if (n === 20) {
        await killed.close();
        clock.shift(600_000); // one that was slow once, as on a busy machine, is chosen again
      }
      const { statusCode, body } = await request('http://x/', { dispatcher });
      await body.dump();
      statuses.push(statusCode);
    }
    expect(statuses).toEqual(Array(statuses.length).fill(200));
    expect(killed.requests.length).toBeGreaterThan(0);
    expect(isEjected()).toBe(true);
  });

  it('spreads requests over all of them', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => httpServer(sayHello)));
    closeAfterTest(...servers);
    const { dispatcher } = dispatching(servers.map(({ address }) => address));
    const all = Array.from({ length: 60 }, () => request('http://x/', { dispatcher }));
    for (const { body } of await Promise.all(all)) await body.dump();
    for (const { requests } of servers) expect(requests.length).toBeGreaterThan(5);
  });

  it.each([
    ['unsafe', {}, 1],
    ['keyed', { headers: { 'Idempotency-Key': 'k' } }, 3],
    ['idempotent by its option', { idempotent: true }, 3],
  ])('sends a POST that is %s as often as that allows', async (_what, options, times) => {
    const broken = await breakingServer();
    const { dispatcher } = dispatching([broken.address]);
    const sent = request('http://x/', { dispatcher, method: 'POST', body: 'x', ...options });
    expect(await errorOf(sent)).toMatchObject({ code: 'unavailable', attempts: times });
    expect(broken.requests).toHaveLength(times);
  });

  it.each([
    ['get', 3],
    ['put', 3],
    ['query', 3],
    ['post', 1],
  ])('repeats a request by its method, which may be in lower case: %s', async (method, times) => {
    const broken = await breakingServer();
    const { dispatcher } = dispatching([broken.address]);
    const sent = request('http://x/', { dispatcher, method: method as Dispatcher.HttpMethod });
    expect(await errorOf(sent)).toMatchObject({ code: 'unavailable', attempts: times });
    expect(broken.requests).toHaveLength(times);
  });

  it('sends a stream of known length again, for it was read before', async () => {
    const broken = await breakingServer();
    const { dispatcher } = dispatching([broken.address]);
    const put = (body: Readable, headers = {}) => request('http://x/', { dispatcher, method: 'PUT', body, headers });
    expect(await errorOf(put(Readable.from(['ab', 'cd']), { 'content-length': '4' }))).toMatchObject({ attempts: 3 });
    expect(await errorOf(put(Readable.from(['ab', 'cd'])))).toMatchObject({ attempts: 1 });
    const before = broken.requests.length;
    const wrong = await errorOf(put(Readable.from(['ab', 'cd']), { 'content-length': '3' }));
    expect(wrong).toMatchObject({ code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' });
    expect(broken.requests).toHaveLength(before);
  });
});

describe('parleyDispatcher with a cache', () => {
  const storable: Answer = (_, response) => response.setHeader('cache-control', 'max-age=60').end('one');
  const get = async (dispatcher: Dispatcher, headers = {}) => {
    const { body } = await request('http://x/', { dispatcher, headers });
    return body.text();
  };

  it('answers with a stored reply, also while many ask at once', async () => {
    const { dispatcher, requests } = await answeredBy(storable, { cache: true });
    expect(await Promise.all(Array.from({ length: 20 }, () => get(dispatcher)))).toEqual(Array(20).fill('one'));
    expect(await (await fetch('http://x/', { dispatcher })).text()).toBe('one');
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['private', true, 2],
    ['shared', { shared: true }, 3],
  ])('keeps callers apart by their credentials: %s', async (_what, cache, asked) => {
    const { dispatcher, requests } = await answeredBy(storable, { cache });
    for (const authorization of ['a', 'b', 'a']) expect(await get(dispatcher, { authorization })).toBe('one');
    expect(requests).toHaveLength(asked);
  });

  it('gives the length of what it gives where it has undone a coding', async () => {
    const { dispatcher } = await answeredBy(
      (_, response) => {
        const zipped = gzipSync('plain'.repeat(100));
        response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': zipped.length }).end(zipped);
      },
      { cache: true },
    );
    const { headers, body } = await request('http://x/', { dispatcher });
    expect([headers['content-encoding'], headers['content-length']]).toEqual([undefined, '500']);
    expect(await body.text()).toBe('plain'.repeat(100));
  });
});

describe('parleyDispatcher', () => {
  it('slows the server down to the pace of its reader, and loses nothing', async () => {
    const total = 64 * 1024 * 1024;
    let sent = 0;
    const { dispatcher } = await answeredBy((_, response) => {
      const piece = Buffer.alloc(65_536, 'x');
      const write = () => {
        while (sent < total) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    });
    const { body } = await request('http://x/', { dispatcher });
    await once(body, 'readable');
    expect(await unchanging(() => sent)).toBeLessThan(total / 2);
    let received = 0;
    for await (const chunk of body) received += chunk.length;
    expect(received).toBe(total);
  });

  it('hands on trailers, and no body where there is none', async () => {
    const { dispatcher } = await answeredBy(({ url, method }, response) => {
      if (url === '/trailers') {
        response.writeHead(200, { trailer: 'x-sum' }).write('x');
        response.addTrailers({ 'x-sum': '7' });
        response.end();
      } else if (method === 'HEAD') response.writeHead(200, { 'content-length': '100' }).end();
      else response.writeHead(Number(url.slice(1))).end();
    });
    const { body, trailers } = await request('http://x/trailers', { dispatcher });
    expect([await body.text(), trailers]).toEqual(['x', { 'x-sum': '7' }]);
    const head = await request('http://x/', { dispatcher, method: 'HEAD' });
    expect([head.headers['content-length'], await head.body.text()]).toEqual(['100', '']);
    for (const status of [204, 304]) {
      const { statusCode, body: none } = await request(`http://x/${status}`, { dispatcher });
      expect([statusCode, await none.text()]).toEqual([status, '']);
    }
  });

  it.each<[string, NonNullable<Dispatcher.DispatchOptions['headers']>]>([
    ['a list', ['X-A', '1', 'x-a', '2', 'Cookie', 'a=1', 'cookie', 'b=2']],
    ['an object', { 'X-A': ['1', '2'], Cookie: ['a=1', 'b=2'] }],
    [
      'pairs',
      new Map([
        ['X-A', ['1', '2']],
        ['Cookie', ['a=1', 'b=2']],
      ]) as never,
    ],
  ])('takes headers as %s', async (_what, headers) => {
    const { dispatcher, requests } = await answeredBy(sayHello);
    await (await request('http://x/', { dispatcher, headers })).body.dump();
    expect(requests[0]?.headers).toMatchObject({ 'x-a': '1, 2', cookie: 'a=1; b=2' });
  });

  const form = (Form: typeof FormData | typeof UndiciFormData) => {
    const made = new Form();
    made.set('a', 'text');
    return made;
  };
  it.each<[string, unknown, string]>([
    ['a text', 'text', 'text'],
    ['bytes', Buffer.from('text'), 'text'],
    ['a stream', Readable.from(['te', 'xt']), 'text'],
    ['a list of texts', ['te', 'xt'], 'text'],
    ['a blob', new Blob(['text']), 'text'],
    ["undici's form", form(UndiciFormData), '\r\n\r\ntext\r\n'],
    ["Node's form", form(FormData), '\r\n\r\ntext\r\n'],
  ])('takes as a body %s', async (what, body, sent) => {
    const { dispatcher, requests } = await answeredBy(sayHello);
    await (await request('http://x/', { dispatcher, method: 'POST', body: body as string })).body.dump();
    expect(requests[0]?.body).toContain(sent);
    if (what.includes('form')) expect(requests[0]?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  });

  it('takes a query', async () => {
    const { dispatcher, requests } = await answeredBy(sayHello);
    await (await request('http://x/a', { dispatcher, query: { a: 1, b: ['2', '3'] } })).body.dump();
    expect(requests[0]?.url).toBe('/a?a=1&b=2&b=3');
  });

  const refused: readonly [string, object, { readonly code: string; readonly message: RegExp }][] = [
    ['an upgrade', { upgrade: 'websocket' }, { code: 'UND_ERR_NOT_SUPPORTED', message: /an upgrade to websocket/ }],
    ['CONNECT', { method: 'CONNECT' }, { code: 'UND_ERR_NOT_SUPPORTED', message: /CONNECT/ }],
    ['an option of connections', { reset: true }, { code: 'UND_ERR_NOT_SUPPORTED', message: /reset is not for/ }],
    ['a path without a slash', { path: 'x' }, { code: 'UND_ERR_INVALID_ARG', message: /slash/ }],
    ['no method', { method: undefined }, { code: 'UND_ERR_INVALID_ARG', message: /method/ }],
    ['a time that is none', { bodyTimeout: -1 }, { code: 'UND_ERR_INVALID_ARG', message: /bodyTimeout/ }],
    ['a body of no kind', { method: 'POST', body: 7 }, { code: 'UND_ERR_INVALID_ARG', message: /body/ }],
    ['half a header', { headers: ['x'] }, { code: 'UND_ERR_INVALID_ARG', message: /even/ }],
    ['a header that is an object', { headers: { a: {} } }, { code: 'UND_ERR_INVALID_ARG', message: /header/ }],
    ['two hosts', { headers: ['host', 'a', 'Host', 'b'] }, { code: 'UND_ERR_INVALID_ARG', message: /host/ }],
    ['Expect', { headers: { expect: '100-continue' } }, { code: 'invalid_input', message: /expect header/ }],
  ];
  it.each(refused)('refuses %s, and sends nothing', async (_what, options, { code, message }) => {
    const { dispatcher, requests } = await answeredBy(sayHello);
    const error = await new Promise<Error>((resolve, reject) => {
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart() {},
        onResponseStart: () => reject(new Error('answered')),
        onResponseError: (_, error) => resolve(error),
      };
      dispatcher.dispatch({ method: 'GET', path: '/', ...options }, handler);
    });
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(requests).toEqual([]);
  });

  it('refuses a handler that is none', () => {
    const { dispatcher } = dispatching(['http://127.0.0.1:1']);
    expect(() => dispatcher.dispatch({ method: 'GET', path: '/' }, {})).toThrow('onRequestStart');
  });

  it.each([
    ['headersTimeout', '/', expect.stringMatching(/^(deadline_exceeded|attempt_timeout)$/)],
    ['bodyTimeout', '/body', 'deadline_exceeded'],
  ])('ends a request after its %s', async (name, path, code) => {
    const { dispatcher } = await answeredBy(({ url }, response) => {
      if (url === '/body') response.write('begin');
    });
    const sent = request(`http://x${path}`, { dispatcher, [name]: 50 }).then(({ body }) => body.text());
    expect(await errorOf(sent)).toMatchObject({ code });
  });

  it('gets the requests to one origin as part of an Agent, and can be composed', async () => {
    const other = await httpServer((_, response) => response.end('other'));
    closeAfterTest(other);
    const { dispatcher } = await answeredBy(sayHello);
    const factory = (origin: string | URL, options: object) =>
      String(origin) === 'http://things' ? dispatcher : new Agent(options);
    const agent = new Agent({ factory });
    const textFrom = async (url: string, by: Dispatcher) => (await request(url, { dispatcher: by })).body.text();
    expect(await textFrom('http://things/', agent)).toBe('hello');
    expect(await textFrom(other.address, agent)).toBe('other');
    await agent.close();

    const { dispatcher: zipped } = await answeredBy((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('plain')),
    );
    const composed = zipped.compose(interceptors.decompress());
    expect(await textFrom('http://x/', composed)).toBe('plain');
    await composed.close();
  });

  it('waits for its requests when it is closed, ends them when it is destroyed, and leaves the upstream open', async () => {
    let answer = () => {};
    const { dispatcher, upstream, requests } = await answeredBy((_, response) => {
      answer = () => response.end('late');
    });
    const closing = request('http://x/', { dispatcher });
    await eventually(() => requests.length === 1);
    const closed = dispatcher.close();
    expect(await errorOf(request('http://x/', { dispatcher }))).toMatchObject({ code: 'UND_ERR_CLOSED' });
    answer();
    expect(await (await closing).body.text()).toBe('late');
    await closed;

    const second = parleyDispatcher(upstream);
    const sent = errorOf(request('http://x/', { dispatcher: second }));
    await eventually(() => requests.length === 2);
    await second.destroy();
    expect(await sent).toMatchObject({ code: 'UND_ERR_DESTROYED' });
    expect(await errorOf(request('http://x/', { dispatcher: second }))).toMatchObject({ code: 'UND_ERR_DESTROYED' });
  });
});
