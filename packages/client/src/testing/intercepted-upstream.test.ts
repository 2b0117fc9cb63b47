import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import nock from 'nock';
import { MockAgent } from 'undici';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { httpServer } from '../../test-fixtures/http-server.ts';
import { deadAddress } from '../../test-fixtures/raw-server.ts';
import { rejection } from '../../test-fixtures/sample.ts';
import { shop } from '../../test-fixtures/shop.ts';
import { parleyAdapter } from '../axios/parley-adapter.ts';
import { createClient } from '../client.ts';
import { type InterceptedOptions, interceptedUpstream } from './intercepted-upstream.ts';

function open(where = 'http://things.test/v1', options: InterceptedOptions = {}) {
  const upstream = interceptedUpstream('things', where, { backoffBaseMs: 1, ...options });
  closeAfterTest(upstream);
  return { upstream, things: axios.create({ adapter: parleyAdapter(upstream) }) };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('expected a rejection')),
    (error: unknown) => error,
  );

describe('interceptedUpstream with nock', () => {
  beforeEach(() => {
    if (!nock.isActive()) nock.activate();
    nock.disableNetConnect();
  });
  afterEach(() => {
    nock.cleanAll();
    nock.enableNetConnect();
    nock.restore();
  });

  it('lets nock answer what axios asks: query, headers and body', async () => {
    nock('http://things.test', { reqheaders: { 'x-tenant': 'acme' } })
      .post('/v1/things', { n: 1 })
      .query({ limit: 5 })
      .reply(201, { id: '7' }, { ETag: '"1"' });
    const { things } = open();
    const reply = await things.post('/things', { n: 1 }, { params: { limit: 5 }, headers: { 'x-tenant': 'acme' } });
    expect([reply.status, reply.data, reply.headers.etag]).toEqual([201, { id: '7' }, '"1"']);
    expect(nock.isDone()).toBe(true);
  });

  it('retries as ever: two failures, and then a reply', async () => {
    nock('http://things.test').get('/v1/things').times(2).reply(503).get('/v1/things').reply(200, 'here');
    expect((await open().things.get('/things')).data).toBe('here');
    expect(nock.isDone()).toBe(true);
  });

  it('serves a client with a contract too', async () => {
    nock('https://things.test').get('/api/items/7').reply(200, { id: '7', name: 'seven' });
    const client = createClient(shop, open('https://things.test').upstream);
    expect(await client.getItem({ id: '7' })).toMatchObject({ name: 'seven' });
  });

  it('ends a request that nock does not know as axios ends it', async () => {
    nock('http://things.test').get('/other').reply(200);
    const ours = await failure(open().things.get('/things'));
    const standard = await failure(axios.get('http://things.test/v1/things', { adapter: 'http' }));
    expect(ours).toMatchObject({ message: (standard as Error).message });
  });

  it('reports an error that nock makes as one of a socket', async () => {
    const broken = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    nock('http://things.test').post('/v1/things').replyWithError(broken);
    expect(await failure(open().things.post('/things', {}))).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('interceptedUpstream with msw', () => {
  let flaky = 0;
  const server = setupServer(
    http.get('http://things.test/v1/things', () => HttpResponse.json([{ id: '7' }])),
    http.post('http://things.test/v1/things', async ({ request }) =>
      HttpResponse.json(await request.json(), { status: 201 }),
    ),
    http.get('http://things.test/v1/flaky', () => new HttpResponse(null, { status: flaky++ < 2 ? 503 : 204 })),
    http.get('http://things.test/v1/broken', () => HttpResponse.error()),
  );
  beforeAll(() => server.listen());
  afterAll(() => server.close());

  it('lets msw answer what axios asks', async () => {
    const { things } = open();
    expect((await things.get('/things')).data).toEqual([{ id: '7' }]);
    expect(await things.post('/things', { n: 1 })).toMatchObject({ status: 201, data: { n: 1 } });
  });

  it('retries as ever', async () => {
    expect((await open().things.get('/flaky')).status).toBe(204);
    expect(flaky).toBe(3);
  });

  it('reports a network error', async () => {
    expect(await failure(open().things.get('/broken'))).toMatchObject({ isAxiosError: true, code: 'ERR_NETWORK' });
  });
});

describe('interceptedUpstream with a MockAgent of undici', () => {
  function mocked() {
    const agent = new MockAgent();
    agent.disableNetConnect();
    closeAfterTest(agent);
    return agent;
  }

  it('lets the agent answer', async () => {
    const agent = mocked();
    agent
      .get('http://things.test')
      .intercept({ path: '/v1/things', method: 'POST', body: '{"n":1}' })
      .reply(201, { id: '7' });
    const { things } = open(undefined, { dispatcher: agent });
    expect(await things.post('/things', { n: 1 })).toMatchObject({ status: 201, data: { id: '7' } });
    agent.assertNoPendingInterceptors();
  });

  it('retries as ever, and says what the agent says of a request that it does not know', async () => {
    const agent = mocked();
    const pool = agent.get('http://things.test');
    pool.intercept({ path: '/v1/things' }).reply(503).times(2);
    pool.intercept({ path: '/v1/things' }).reply(200, 'here');
    const { things } = open(undefined, { dispatcher: agent });
    expect((await things.get('/things')).data).toBe('here');
    expect(await failure(things.get('/unknown'))).toMatchObject({ message: expect.stringContaining('/v1/unknown') });
  });
});

describe('interceptedUpstream', () => {
  it('reaches a server where nothing intercepts: bodies and streams both ways, redirects within the endpoint', async () => {
    const server = await httpServer(({ url, body }, response) => {
      if (url === '/moved') response.writeHead(302, { location: '/here' }).end();
      else if (url === '/away') response.writeHead(302, { location: 'http://elsewhere.test/' }).end();
      else response.end(`${url} ${body}`);
    });
    closeAfterTest(server);
    const { things } = open(server.address);
    const { data } = await things.put('/x', Readable.from(['up', 'load']), { responseType: 'stream' });
    expect(String(Buffer.concat(await data.toArray()))).toBe('/x upload');
    expect((await things.get('/moved')).data).toBe('/here ');
    expect(await failure(things.get('/away'))).toMatchObject({ code: 'ERR_FR_REDIRECTION_FAILURE' });
  });

  it('ends with its caller, at its time limit, and where nobody listens', async () => {
    const server = await httpServer(() => {});
    closeAfterTest(server);
    const { things } = open(server.address);
    expect(await failure(things.get('/x', { timeout: 50 }))).toMatchObject({ code: 'ECONNABORTED' });
    const { upstream } = open(await deadAddress());
    const post = { label: 'POST /x', method: 'POST', path: '/x', headers: {}, safety: 'unsafe' } as const;
    expect(await rejection(upstream.send(post))).toMatchObject({
      code: 'unavailable',
      isUnprocessed: true,
      attempts: 3,
    });
  });

  it('fails where a reply is cut, or its body is the caller’s own error', async () => {
    const server = await httpServer((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('cut');
      setImmediate(() => response.destroy());
    });
    closeAfterTest(server);
    const { things } = open(server.address, { maxAttempts: 1 });
    expect(await failure(things.get('/x'))).toMatchObject({ isAxiosError: true });
    const body = Readable.from(
      (async function* () {
        yield 'first';
        throw new Error('the disk is gone');
      })(),
    );
    expect(await failure(things.post('/x', body))).toMatchObject({ message: 'the disk is gone' });
  });

  it('refuses a socket of this machine', () => {
    expect(() => open('unix:/run/things.sock')).toThrow(
      'upstream things: expected http:// or https://, got "unix:/run/things.sock"',
    );
  });
});
