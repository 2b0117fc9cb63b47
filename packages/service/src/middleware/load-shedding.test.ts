import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type RequestOptions, type Server } from 'node:http';
import { type ClientHttp2Session, constants } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  currentContext,
  defineContract,
  get,
  type Handlers,
  type Priority,
  runInContext,
  stream,
} from '@parley/contract';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { http2Session } from '../../test-fixtures/http2-client.ts';
import { protocols } from '../../test-fixtures/protocols.ts';
import { headOf, listening } from '../../test-fixtures/streamed.ts';
import type { visits } from '../../test-fixtures/visits.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';
import { createApp } from '../app.ts';
import type { AppOptions } from '../app-options.ts';
import { createDualProtocolServer } from '../connections/dual-protocol-server.ts';
import { Load, type Place } from '../shedding/load.ts';
import { Slowdown } from '../shedding/slowdown.ts';
import { TurnQueue } from '../shedding/turn-queue.ts';
import { ServiceTelemetry } from '../telemetry/service-events.ts';
import { loadShedding } from './load-shedding.ts';

/** An app whose visits wait until they are let go. */
function stuckApp(options: AppOptions, changed: Partial<Handlers<typeof visits>> = {}) {
  const release = Promise.withResolvers<void>();
  const getVisit = jest.fn(async ({ id }: { id: string }) => {
    await release.promise;
    return { id, name: 'Ada' };
  });
  return { ...visitsApp({ ...changed, getVisit }, options), getVisit, release: release.resolve };
}

describe.each(protocols)('load-shedding over $protocol', ({ request }) => {
  /** Sends requests and waits until they are in their handler; gives what will be their statuses. */
  async function arrived(stuck: ReturnType<typeof stuckApp>, count: number, headers: Record<string, string> = {}) {
    const all = stuck.getVisit.mock.calls.length + count;
    const asked = Array.from({ length: count }, () => request(stuck.app).get('/api/visits/1').set(headers));
    const statuses = Promise.all(asked.map((one) => one.then(({ status }) => status)));
    await eventually(() => stuck.getVisit.mock.calls.length === all);
    return { statuses };
  }

  it('refuses what is beyond the limit, and runs no handler for it', async () => {
    const addVisit = jest.fn(async () => ({ id: '1', name: '' }));
    const stuck = stuckApp({ maxInFlight: 3 }, { addVisit });
    const first = await arrived(stuck, 3);
    const reply = await request(stuck.app)
      .post('/api/visits')
      .set('x-request-id', 'r1')
      .set('x-request-timeout-ms', '900')
      .send({ name: 'Ada' })
      .expect(503)
      .expect('content-type', /^application\/problem\+json/)
      .expect('retry-after', '1')
      .expect('cache-control', 'no-store');
    expect(reply.body).toMatchObject({ type: 'urn:parley:problem:overloaded', status: 503, requestId: 'r1' });
    expect(reply.headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    expect(reply.headers).not.toHaveProperty('endpoint-load-metrics');
    expect(addVisit).not.toHaveBeenCalled();
    stuck.release();
    expect(await first.statuses).toEqual([200, 200, 200]);
    await request(stuck.app).get('/api/visits/latest').expect(200);
  });

  it('serves as many as it can where ten times as many come', async () => {
    const stuck = stuckApp({ maxInFlight: 20 });
    const all = Array.from({ length: 200 }, () =>
      request(stuck.app).get('/api/visits/1').set('x-request-priority', 'critical'),
    );
    const statuses = all.map((one) => one.then(({ status }) => status));
    let refused = 0;
    for (const status of statuses) {
      status.then((code) => {
        if (code === 503) refused++;
      });
    }
    await eventually(() => refused === 180);
    stuck.release();
    expect((await Promise.all(statuses)).filter((status) => status === 200)).toHaveLength(20);
    expect(stuck.getVisit).toHaveBeenCalledTimes(20);
  });

  it.each<[Priority, number]>([
    ['background', 6],
    ['normal', 9],
    ['critical', 10],
  ])('refuses %s requests once %d of ten places are taken', async (priority, places) => {
    const stuck = stuckApp({ maxInFlight: 10 });
    const first = await arrived(stuck, places, { 'x-request-priority': 'critical' });
    await request(stuck.app).get('/api/visits/latest').set('x-request-priority', priority).expect(503);
    stuck.release();
    await first.statuses;
    await request(stuck.app).get('/api/visits/latest').set('x-request-priority', priority).expect(200);
  });

  it('serves a caller below its share while another one has all places, and tells that one', async () => {
    const stuck = stuckApp({ maxInFlight: 10, trustedProxies: ['127.0.0.1', '::1'] });
    const greedy = { 'x-forwarded-for': '10.0.0.1' };
    const modest = { 'x-forwarded-for': '10.0.0.2' };
    const first = await arrived(stuck, 9, greedy);
    await request(stuck.app).get('/api/visits/latest').set(greedy).expect(503);
    const second = await arrived(stuck, 1, modest);
    for (let n = 0; n < 20; n++) await request(stuck.app).get('/api/visits/latest').set(modest).expect(200);
    const reply = await request(stuck.app)
      .get('/api/visits/latest')
      .set(greedy)
      .expect(429)
      .expect('retry-after', /^[1-9]\d*$/);
    expect(reply.body.type).toBe('urn:parley:problem:rate_limited');
    stuck.release();
    await Promise.all([first.statuses, second.statuses]);
  });

  it.each([undefined, [], ['10.0.0.0/8']])('believes no address of a peer that is no proxy in %j', async (proxies) => {
    const stuck = stuckApp({ maxInFlight: 1, ...(proxies && { trustedProxies: proxies }) });
    const first = await arrived(stuck, 1, { 'x-forwarded-for': '10.0.0.1' });
    await request(stuck.app).get('/api/visits/latest').set('x-forwarded-for', '10.0.0.2').expect(503);
    await request(stuck.app).get('/api/visits/latest').set('x-forwarded-for', '10.0.0.2, 10.0.0.3').expect(503);
    stuck.release();
    await first.statuses;
  });

  it('says so once, at warn, and logs each refusal as no error', async () => {
    const stuck = stuckApp({ maxInFlight: 1 });
    const first = await arrived(stuck, 1);
    for (let n = 0; n < 3; n++) await request(stuck.app).get('/api/visits/1').expect(503);
    const told = stuck.log.lines.filter(({ level }) => level !== 'info');
    expect(told).toEqual([
      expect.objectContaining({
        level: 'warn',
        msg: 'refusing requests',
        refused: { overloaded: 1, rate_limited: 0 },
        limit: 1,
        inFlight: 1,
        callers: 1,
      }),
    ]);
    expect(stuck.log.lines.filter(({ status }) => status === 503)).toHaveLength(3);
    stuck.release();
    await first.statuses;
  });

  it('keeps the place of a request whose time is up until its handler ends', async () => {
    const stuck = stuckApp({ maxInFlight: 1 });
    await request(stuck.app).get('/api/visits/1').set('x-request-timeout-ms', '50').expect(504);
    await request(stuck.app).get('/api/visits/latest').expect(503);
    stuck.release();
    await setImmediate();
    await request(stuck.app).get('/api/visits/latest').expect(200);
  });

  it('learns nothing from requests with hardly any time', async () => {
    const { app } = visitsApp({ latestVisit: () => new Promise<never>(() => {}) });
    const learnt = jest.spyOn(Slowdown.prototype, 'record');
    for (const asked of ['0', '-1', '1', '1', 'NaN', '2']) {
      await request(app).get('/api/visits/latest').set('x-request-timeout-ms', asked);
    }
    expect(learnt).not.toHaveBeenCalled();
    await request(app).get('/api/visits').expect(200);
    expect(learnt).toHaveBeenCalledTimes(1);
    learnt.mockRestore();
  });

  it('refuses nothing without a limit', async () => {
    const stuck = stuckApp({ maxInFlight: Number.POSITIVE_INFINITY });
    const all = await arrived(stuck, 50);
    stuck.release();
    expect(new Set(await all.statuses)).toEqual(new Set([200]));
  });
});

function startOverHttp1(options: RequestOptions): () => void {
  const sent = httpRequest(options).on('error', () => {});
  sent.end();
  return () => sent.destroy();
}

function startOverHttp2(session: ClientHttp2Session, path: string): () => void {
  const sent = session.request({ ':path': path }).on('error', () => {});
  return () => sent.close(constants.NGHTTP2_CANCEL);
}

describe('load-shedding', () => {
  const ticks = defineContract('ticks', {
    watch: get('/api/ticks', { summary: 'Ticks', output: stream(z.object({ n: z.number() }), { as: 'sse' }) }),
    one: get('/api/one', { summary: 'One', output: z.object({ n: z.number() }) }),
  });

  it('counts a stream until its first item', async () => {
    const begin = Promise.withResolvers<void>();
    let isBegun = false;
    const handlers = {
      async *watch() {
        isBegun = true;
        await begin.promise;
        yield { n: 1 };
        await new Promise(() => {});
      },
      one: async () => ({ n: 1 }),
    };
    const app = createApp(ticks, handlers, { logger: capturedLog().logger, maxInFlight: 1 });
    const { port, close } = await listening(app);
    const first = headOf(port, '/api/ticks');
    await eventually(() => isBegun);
    expect((await headOf(port, '/api/one')).statusCode).toBe(503);
    begin.resolve();
    expect((await first).statusCode).toBe(200);
    expect((await headOf(port, '/api/one')).statusCode).toBe(200);
    await close();
  });

  it('keeps the connection of a refused request and does not read its body', async () => {
    const stuck = stuckApp({ maxInFlight: 1 });
    const { port, close } = await listening(stuck.app);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const post = async (body: string) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const sent = httpRequest({ port, path: '/api/visits', method: 'POST', agent, headers });
      sent.end(body);
      const [reply] = await once(sent, 'response');
      await reply.resume().toArray();
      return { status: reply.statusCode, connection: reply.headers.connection, isReused: sent.reusedSocket };
    };
    const first = headOf(port, '/api/visits/1');
    await eventually(() => stuck.getVisit.mock.calls.length === 1);
    const large = JSON.stringify({ name: 'x'.repeat(100_000) });
    expect(await post(large)).toEqual({ status: 503, connection: 'keep-alive', isReused: false });
    stuck.release();
    await first;
    expect(await post(large)).toEqual({ status: 201, connection: 'keep-alive', isReused: true });
    agent.destroy();
    await close();
  });

  it.each(['HTTP/1.1', 'HTTP/2'])(
    'keeps the place of a client that goes away over %s until its handler ends',
    async (protocol) => {
      const stuck = stuckApp({ maxInFlight: 1 });
      const { server } = createDualProtocolServer(stuck.app, {
        limits: { headersTimeout: 5000, keepAliveTimeout: 5000 },
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const session = http2Session(`http://127.0.0.1:${port}`);
      const leave =
        protocol === 'HTTP/2'
          ? startOverHttp2(session, '/api/visits/1')
          : startOverHttp1({ port, path: '/api/visits/1', agent: false });
      await eventually(() => stuck.getVisit.mock.calls.length === 1);
      expect((await headOf(port, '/api/visits/latest')).statusCode).toBe(503);
      leave();
      await eventually(() => stuck.log.lines.some(({ status }) => status === 499));
      expect((await headOf(port, '/api/visits/latest')).statusCode).toBe(503);
      stuck.release();
      await setImmediate();
      expect((await headOf(port, '/api/visits/latest')).statusCode).toBe(200);
      session.destroy();
      server.closeAllConnections();
      server.close();
    },
  );

  describe('while the event loop is busy', () => {
    let server: Server;
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    /** A server whose handler gives the request's own id, behind an event loop that seems to do nothing but work. */
    async function busyServer() {
      let nowMs = 0;
      const load = new Load({
        maxInFlight: 1000,
        now: () => nowMs,
        readEventLoop: () => ({ utilization: 1, lastSecond: 1, delayMs: 0 }),
      });
      const place = load.enter('a', 'normal') as Place;
      nowMs = 2000;
      load.complete(place, {});
      expect(load.isBusy).toBe(true);
      let turnMs = 0;
      const turns = new TurnQueue(() => turnMs);
      const work = (ms: number) => {
        turnMs += ms;
      };
      const middleware = loadShedding({ load, telemetry: new ServiceTelemetry(), turns });
      const begun: string[] = [];
      server = createServer((req, res) => {
        const requestId = String(req.headers['x-request-id']);
        runInContext({ requestId }, () =>
          middleware(req as Request, res as Response, () => {
            begun.push(requestId);
            res.end(currentContext().requestId);
          }),
        );
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      return { load, turns, work, begun, url: `http://127.0.0.1:${port}` };
    }

    it('lets requests wait for their turn, each with its own context', async () => {
      const { load, url } = await busyServer();
      const ids = Array.from({ length: 50 }, (_, n) => `id-${n}`);
      const texts = ids.map(async (id) => (await fetch(url, { headers: { 'x-request-id': id } })).text());
      expect(await Promise.all(texts)).toEqual(ids);
      await eventually(() => load.inFlight === 0);
    });

    it('does not begin a request whose client has gone while it waited, and takes its place back', async () => {
      const { load, turns, work, begun, url } = await busyServer();
      const gone = httpRequest(url, { agent: false, headers: { 'x-request-id': 'gone' } }).on('error', () => {});
      // After work that took long the queue waits for as long as requests come.
      let isHeld = true;
      const keepComing = () => {
        turns.arrive();
        if (isHeld) setImmediate(keepComing);
      };
      turns.add('b', () => {
        work(1_000_000);
        keepComing();
      });
      turns.add('b', () => {});
      server.once('request', (_req, res) => {
        gone.destroy();
        res.once('close', () => {
          isHeld = false;
        });
      });
      gone.end();
      await eventually(() => !isHeld && load.inFlight === 0 && !turns.isWaiting);
      expect(begun).toEqual([]);
    });
  });

  it('refuses an option that makes no sense', () => {
    expect(() => visitsApp({}, { maxInFlight: 0 })).toThrow('maxInFlight must be');
  });
});
