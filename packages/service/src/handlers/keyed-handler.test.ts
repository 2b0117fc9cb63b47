import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CallError, defineContract, post, stream } from '@parley/contract';
import supertest from 'supertest';
import { z } from 'zod';
import { ca, certificate } from '../../test-fixtures/certificates.ts';
import { ask, http2Session } from '../../test-fixtures/http2-client.ts';
import { arrivals, shopApp, soldOut } from '../../test-fixtures/keyed-app.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { createApp } from '../app.ts';
import { createDualProtocolServer } from '../connections/dual-protocol-server.ts';
import { keyInUse } from '../idempotency/idempotency-store.ts';
import { keyedAnswer } from '../idempotency/keyed-call.ts';
import { memoryStore } from '../idempotency/memory-store.ts';
import { openSecureContext } from '../tls/secure-context.ts';

const codeOf = (reply: { body: { type?: string } }) => reply.body.type?.replace('urn:parley:problem:', '');

afterEach(() => {
  jest.restoreAllMocks();
});

describe.each(protocols)('keyed-handler over $protocol', ({ request }) => {
  const order = (app: ReturnType<typeof shopApp>['app'], body: object = { book: 'Emma' }, key = '"k1"') =>
    request(app).post('/api/orders').set('idempotency-key', key).send(body);

  it('answers the same request as the first time, and runs nothing again', async () => {
    const { app, handled } = shopApp();
    const first = await order(app).expect(201, { id: '1', book: 'Emma' }).expect('location', '/api/orders/1');
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    for (const key of ['"k1"', 'k1']) {
      const again = await order(app, { book: 'Emma' }, key).expect(201, { id: '1', book: 'Emma' });
      expect(again.headers).toMatchObject({ location: '/api/orders/1', 'idempotent-replayed': 'true' });
      expect(again.text).toBe(first.text);
    }
    expect(handled()).toBe(1);
    await order(app, { book: 'Emma' }, '"k2"').expect(201, { id: '2', book: 'Emma' });
  });

  it('answers nothing again as nothing', async () => {
    const { app, handled } = shopApp();
    const remind = () => request(app).post('/api/reminders').set('idempotency-key', 'k').send({ book: 'Emma' });
    await remind().expect(204, '');
    await remind().expect(204, '').expect('idempotent-replayed', 'true');
    expect(handled()).toBe(1);
  });

  it('refuses a key for another input, and takes it for another operation', async () => {
    const { app, handled } = shopApp();
    await order(app, { book: 'Emma', count: 2 }).expect(201);
    await order(app, { count: 2, book: 'Emma' }).expect(201);
    const other = await order(app, { book: 'Emma', count: 3 }).expect(422);
    expect(codeOf(other)).toBe('idempotency_key_reused');
    await request(app).post('/api/reminders').set('idempotency-key', 'k1').send({ book: 'Emma' }).expect(204);
    expect(handled()).toBe(2);
  });

  it('lets a request join an identical one that runs, and refuses another one', async () => {
    const both = arrivals('Persuasion', 3);
    const handler = jest.fn(async ({ book }: { book: string }) => {
      await both;
      return { id: '7', book, location: '/7' };
    });
    const { app } = shopApp({ order: handler });
    const asked = [1, 1, 2].map((count) => order(app, { book: 'Persuasion', count }));
    const replies = await Promise.all(asked);
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 201, 422]);
    const [first, second] = replies.filter(({ status }) => status === 201);
    expect(first?.text).toBe(second?.text);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('executes a request without a key as often as it comes, or refuses it', async () => {
    const { app, handled } = shopApp();
    for (const id of ['1', '2'])
      await request(app).post('/api/orders').send({ book: 'Emma' }).expect(201, { id, book: 'Emma' });
    expect(handled()).toBe(2);
    const strict = shopApp({}, { idempotency: { isKeyRequired: true } });
    const refused = await request(strict.app).post('/api/orders').send({ book: 'Emma' }).expect(400);
    expect(refused.body).toMatchObject({ detail: 'Idempotency-Key is missing', errors: [{ path: 'Idempotency-Key' }] });
    expect(strict.handled()).toBe(0);
    await request(strict.app).post('/api/looks').expect(200);
  });

  it.each([
    ['empty', ''],
    ['white space alone', ' \t '],
    ['an empty string', '""'],
    ['half a string', '"k'],
    ['two words', 'a b'],
    ['two keys in one header', '"a", "b"'],
    ['longer than 255 characters', 'k'.repeat(256)],
    ['not ASCII', '"cl\u00e9"'],
    ['in two headers', ['"a"', '"b"']],
    ['in two empty headers', ['', '']],
    ['the same in two headers', ['"a"', '"a"']],
  ])('refuses a key that is %s, and runs nothing', async (_what, key) => {
    const { app, handled } = shopApp();
    const refused = await order(app, { book: 'Emma' }, key as string).expect(400);
    expect(refused.body).toMatchObject({
      type: 'urn:parley:problem:invalid_input',
      detail: 'Idempotency-Key is not valid',
      errors: [{ path: 'Idempotency-Key' }],
    });
    expect(handled()).toBe(0);
  });

  it('ignores the key of an operation that is not keyed', async () => {
    const { app } = shopApp();
    for (const id of ['1', '2']) await request(app).post('/api/looks').set('idempotency-key', '"').expect(200, { id });
  });

  it('leaves a key free that no handler saw', async () => {
    const { app } = shopApp();
    await order(app, { book: 7 }).expect(400);
    await order(app).expect(201);
  });
});

const trustedProxies = ['127.0.0.1', '::1'];

describe('keyed-handler', () => {
  const { request } = protocols[0] as (typeof protocols)[number];
  const order = (app: ReturnType<typeof shopApp>['app'], body: object = { book: 'Emma' }, key = '"k1"') =>
    request(app).post('/api/orders').set('idempotency-key', key).send(body);

  it('keeps its place until the handler ends, also when all callers have left', async () => {
    const stuck = Promise.withResolvers<void>();
    const { app } = shopApp({ remind: () => stuck.promise }, { maxInFlight: 1 });
    const remind = request(app).post('/api/reminders').set('idempotency-key', 'k').send({ book: 'Emma' });
    await remind.set('x-request-timeout-ms', '50').expect(504);
    await request(app).post('/api/looks').expect(503);
    stuck.resolve();
    await setImmediate();
    await request(app).post('/api/looks').expect(200);
  });
  const sold = async ({ book }: { book: string }) => ({ id: '1', book, location: '/1' });

  it.each([
    ['a declared error', soldOut('none left'), 409],
    ['a fault', new Error('boom'), 500],
  ])('does not keep %s: the same key may be tried again', async (_, error, status) => {
    const handler = jest.fn(sold).mockRejectedValueOnce(error);
    const { app } = shopApp({ order: handler });
    await order(app).expect(status);
    await order(app).expect(201);
    await order(app).expect(201).expect('idempotent-replayed', 'true');
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it('gives a failure to all requests that joined', async () => {
    const both = arrivals('Sanditon', 2);
    const handler = jest.fn(async () => {
      await both;
      throw soldOut('none left');
    });
    const { app } = shopApp({ order: handler });
    const replies = await Promise.all([1, 2].map(() => order(app, { book: 'Sanditon' })));
    expect(replies.map(codeOf)).toEqual(['sold_out', 'sold_out']);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('begins again for a request that joined one that its caller gave up', async () => {
    const both = arrivals('Lady Susan', 2);
    const handler = jest.fn(sold).mockImplementationOnce(async (_input, context?: { signal?: AbortSignal }) => {
      await both;
      const { promise, reject } = Promise.withResolvers<never>();
      context?.signal?.addEventListener('abort', () => reject(context.signal?.reason));
      if (context?.signal?.aborted) throw context.signal.reason;
      return promise;
    });
    const { app } = shopApp({ order: handler });
    const hasty = order(app, { book: 'Lady Susan' }).set('x-request-timeout-ms', '150');
    const replies = await Promise.all([hasty, order(app, { book: 'Lady Susan' })]);
    expect(replies.map(({ status }) => status)).toEqual([504, 201]);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it('waits no longer than its own deadline for a request that it joined', async () => {
    const first = arrivals('Emma', 1);
    const gate = Promise.withResolvers<void>();
    const { app } = shopApp({ order: (input) => gate.promise.then(() => sold(input)) });
    const patient = order(app).then((reply) => reply);
    await first;
    await order(app).set('x-request-timeout-ms', '30').expect(504);
    gate.resolve();
    expect((await patient).status).toBe(201);
  });

  it('answers for another replica that has the same store', async () => {
    const store = memoryStore();
    const [one, other] = [shopApp({}, { idempotency: { store } }), shopApp({}, { idempotency: { store } })];
    await order(one.app).expect(201);
    await order(other.app).expect(201, { id: '1', book: 'Emma' }).expect('idempotent-replayed', 'true');
    expect(codeOf(await order(other.app, { book: 'Sanditon' }).expect(422))).toBe('idempotency_key_reused');
    expect(other.handled()).toBe(0);
  });

  it('gives all replicas one answer where a request runs on two at once, with a store that holds no keys', async () => {
    const { reserve: _, ...store } = memoryStore();
    const both = arrivals('Mansfield Park', 2);
    const replica = (id: string) => {
      const handler = ({ book }: { book: string }) => both.then(() => ({ id, book, location: `/${id}` }));
      return shopApp({ order: handler }, { idempotency: { store } }).app;
    };
    const replies = await Promise.all(['1', '2'].map((id) => order(replica(id), { book: 'Mansfield Park' })));
    expect(replies.map(({ status }) => status)).toEqual([201, 201]);
    expect(replies[0]?.text).toBe(replies[1]?.text);
    expect(replies.map(({ headers }) => headers['idempotent-replayed']).filter(Boolean)).toEqual(['true']);
  });

  it('tells a caller to come back where another replica is about to answer', async () => {
    const store = { find: async () => undefined, keep: () => Promise.reject(keyInUse()) };
    const { app } = shopApp({}, { idempotency: { store } });
    const reply = await order(app).expect(409).expect('retry-after', '1');
    expect(codeOf(reply)).toBe('idempotency_key_in_use');
  });

  it('keeps the keys of two callers apart', async () => {
    const tls = openSecureContext({ ...(await certificate()), ca });
    const { app, handled } = shopApp();
    const callers = [await certificate({ names: ['ada'] }), await certificate({ names: ['ben'] })];
    for (const { cert, key } of [...callers, ...callers]) {
      const { server } = createDualProtocolServer(app, {
        limits: { headersTimeout: 5000, keepAliveTimeout: 5000 },
        tls,
      });
      const asked = supertest.agent(server, { ca, cert, key }).post('/api/orders').set('idempotency-key', 'k');
      await asked.send({ book: 'Emma' }).expect(201);
    }
    expect(handled()).toBe(2);
  });

  it('forgets an answer after its time', async () => {
    let nowMs = 0;
    const store = memoryStore({}, () => nowMs);
    const { app } = shopApp({}, { idempotency: { store, keptForMs: 60_000 } });
    await order(app).expect(201, { id: '1', book: 'Emma' });
    nowMs = 59_999;
    await order(app).expect(201, { id: '1', book: 'Emma' });
    nowMs = 60_000;
    await order(app).expect(201, { id: '2', book: 'Emma' });
  });

  it('heeds no jump of the wall clock', async () => {
    const { app } = shopApp();
    await order(app).expect(201, { id: '1', book: 'Emma' });
    const startMs = Date.now();
    for (const jumpMs of [90_000_000, -90_000_000]) {
      jest.spyOn(Date, 'now').mockImplementation(() => startMs + jumpMs);
      await order(app).expect(201, { id: '1', book: 'Emma' });
    }
  });

  it('keeps the keys of two addresses apart, and takes all of an IPv6 network for one', async () => {
    const { app, handled } = shopApp({}, { trustedProxies });
    const from = (address: string) => order(app).set('x-forwarded-for', address);
    for (const [address, id] of [
      ['203.0.113.5', '1'],
      ['203.0.113.6', '2'],
      ['::ffff:203.0.113.5', '1'],
      ['2001:db8:0:1::1', '3'],
      ['2001:db8:0:1:ffff::2', '3'],
      ['2001:db8:0:2::1', '4'],
      ['203.0.113.5:4711', '1'],
      ['[2001:db8:0:2::7]:4711', '4'],
    ] as const) {
      await from(address).expect(201, { id, book: 'Emma' });
    }
    expect(handled()).toBe(4);
  });

  it('refuses before the effect what it has no room to keep, and still answers what it has kept', async () => {
    const { app, handled } = shopApp({}, { trustedProxies, idempotency: { store: memoryStore({ maxBytes: 20_000 }) } });
    const from = (address: string, key: string) => order(app, { book: 'Emma' }, key).set('x-forwarded-for', address);
    await from('203.0.113.5', 'mine').expect(201, { id: '1', book: 'Emma' });
    let refused: { body: { type?: string } } | undefined;
    for (let i = 0; i < 30 && !refused; i++) {
      const before = handled();
      const reply = await from('203.0.113.6', `k${i}`);
      if (reply.status === 201) continue;
      refused = reply;
      expect(reply.status).toBe(429);
      expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
      expect(handled()).toBe(before);
    }
    expect(refused && codeOf(refused)).toBe('rate_limited');
    await from('203.0.113.6', 'k0').expect(201).expect('idempotent-replayed', 'true');
    await from('203.0.113.5', 'mine').expect(201, { id: '1', book: 'Emma' }).expect('idempotent-replayed', 'true');
    await from('203.0.113.5', 'another').expect(201);
  });

  it('gives back the room of a request that failed', async () => {
    const order503 = () => Promise.reject(new CallError('unavailable', 'down'));
    const { app } = shopApp({ order: order503 }, { idempotency: { store: memoryStore({ maxBytes: 20_000 }) } });
    for (let i = 0; i < 40; i++)
      expect(codeOf(await order(app, { book: 'Emma' }, `k${i}`).expect(503))).toBe('unavailable');
  });

  it('asks the store first, and runs nothing where that fails', async () => {
    const away = new CallError('upstream_unavailable', 'the database cannot be reached');
    const { app, handled } = shopApp(
      {},
      { idempotency: { store: { ...memoryStore(), find: () => Promise.reject(away) } } },
    );
    await order(app).expect(503);
    expect(handled()).toBe(0);
  });

  it('answers repeats of what its store could not keep from memory, and logs it', async () => {
    const keep = () => Promise.reject(new Error('disk full'));
    const { app, log, handled } = shopApp({}, { idempotency: { store: { ...memoryStore(), keep } } });
    for (const key of ['k1', 'k2']) {
      const first = await order(app, { book: 'Emma' }, key).expect(201);
      const again = await order(app, { book: 'Emma' }, key).expect(201).expect('idempotent-replayed', 'true');
      expect(again.text).toBe(first.text);
      await order(app, { book: 'Persuasion' }, key).expect(422);
    }
    expect(handled()).toBe(2);
    const failures = log.lines.filter(({ level }) => level === 'error');
    expect(failures).toMatchObject([{ err: { message: 'disk full' } }, { err: { message: 'disk full' } }]);
  });

  it.each([
    ['keeps', memoryStore()],
    ['cannot keep', { ...memoryStore(), keep: () => Promise.reject(new Error('disk full')) }],
  ])('carries a request out once whose output broke the contract, with a store that %s', async (_what, store) => {
    const handler = jest.fn(async () => ({ id: 7 as unknown as string, book: 'Emma', location: '/7' }));
    const { app } = shopApp({ order: handler }, { idempotency: { store } });
    await order(app).expect(500);
    const again = await order(app).expect(500);
    expect(again.body.detail).toBe('This request was carried out, but its answer is lost: it is not carried out again');
    await order(app, { book: 'Persuasion' }).expect(422);
    expect(handler).toHaveBeenCalledTimes(1);
    await order(app, { book: 'Emma' }, 'k2').expect(500);
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it('answers as often as it comes what is larger than all that its store may hold', async () => {
    const large = 'x'.repeat(2_000);
    const { app, handled } = shopApp({}, { idempotency: { store: memoryStore({ maxBytes: 1_000 }) } });
    for (const isReplay of [undefined, 'true', 'true']) {
      const { body, headers } = await order(app, { book: large }).expect(201);
      expect([body.id, headers['idempotent-replayed']]).toEqual(['1', isReplay]);
    }
    expect(codeOf(await order(app, { book: 'Emma' }, 'k2').expect(429))).toBe('rate_limited');
    expect(handled()).toBe(1);
  });

  it('leaves it to a handler to keep its answer', async () => {
    const store = memoryStore();
    const keep = jest.spyOn(store, 'keep');
    const handler = async ({ book }: { book: string }) => {
      const output = { id: '1', book, location: '/1' };
      const answer = await keyedAnswer(output);
      if (answer) await store.keep(answer);
      return output;
    };
    const { app } = shopApp({ order: handler }, { idempotency: { store } });
    await order(app).expect(201);
    await order(app).expect(201).expect('location', '/1').expect('idempotent-replayed', 'true');
    expect(keep).toHaveBeenCalledTimes(1);
    await request(app).post('/api/orders').send({ book: 'Emma' }).expect(201);
    expect(keep).toHaveBeenCalledTimes(1);
  });

  it('gives a handler no answer to keep for an output that breaks the contract', async () => {
    const written = jest.fn();
    const handler = async () => {
      const output = { id: 7 as unknown as string, book: 'Emma', location: '/7' };
      written(await keyedAnswer(output));
      return output;
    };
    await order(shopApp({ order: handler }).app).expect(500);
    expect(written).not.toHaveBeenCalled();
  });

  it('refuses a stream, and a time that is none', () => {
    const contract = defineContract('x', {
      watch: post('/x', { summary: 's', output: stream(z.object({}), { as: 'sse' }), safety: 'keyed' }),
    });
    const handlers = { async *watch() {} };
    expect(() => createApp(contract, handlers)).toThrow('POST /x is a stream, which cannot be keyed');
    expect(() => shopApp({}, { idempotency: { keptForMs: 0 } })).toThrow('keptForMs must be a number above 0, not 0');
  });
});

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
])('a key with a control character over %s', (_, statusOf) => {
  // Over HTTP/2 it comes as no key: nghttp2 drops the header.
  it('is refused where a key is required', async () => {
    const { app, handled } = shopApp({}, { idempotency: { isKeyRequired: true } });
    const { server } = createDualProtocolServer(app, { limits: { headersTimeout: 5000, keepAliveTimeout: 5000 } });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const statuses = await Promise.all(['\x01', '\x1f', '\x7f'].map((character) => statusOf(port, `"k${character}"`)));
    server.close();
    expect(statuses).toEqual([400, 400, 400]);
    expect(handled()).toBe(0);
  });
});

async function overHttp1(port: number, key: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const head = `POST /api/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 15\r\nconnection: close`;
  socket.write(`${head}\r\nidempotency-key: ${key}\r\n\r\n{"book":"Emma"}`, 'latin1');
  return Number((await text(socket)).slice('HTTP/1.1 '.length).slice(0, 3));
}

async function overHttp2(port: number, key: string): Promise<number> {
  const session = http2Session(`http://127.0.0.1:${port}`);
  const fields = { 'content-type': 'application/json', 'idempotency-key': key };
  const { status } = await ask(session, { ':method': 'POST', ':path': '/api/orders', ...fields }, '{"book":"Emma"}');
  session.destroy();
  return status;
}
