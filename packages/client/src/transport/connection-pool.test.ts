import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Behaviour, httpReply, RawServer, until } from '../../test-fixtures/raw-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { createUpstream } from '../upstream.ts';

let closeables: { close(): Promise<void> }[];
beforeEach(() => {
  closeables = [];
});
afterEach(async () => {
  for (const closeable of closeables.reverse()) await closeable.close();
});

async function upstreamOf(behave: Behaviour, options: Partial<UpstreamOptions> = {}) {
  const server = new RawServer(behave);
  const address = await server.listen();
  const upstream = createUpstream('things', address, { maxAttempts: 1, ...options });
  closeables.push(server, upstream);
  const counts = () => {
    const [endpoint] = upstream.endpoints();
    if (!endpoint) throw new Error('no endpoint');
    return endpoint.connections;
  };
  return { server, address, upstream, counts };
}

const ok: Behaviour = (socket) => socket.write(httpReply('{}'));
const slow: Behaviour = (socket) => void setTimeout(() => socket.write(httpReply('{}')), 30);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers a connection's first `count` requests; what comes after is met by a reset or an end, unread. */
function stale(count: number, how: 'resetAndDestroy' | 'destroy'): Behaviour {
  const answered = new WeakMap<object, number>();
  return (socket) => {
    const before = answered.get(socket) ?? 0;
    answered.set(socket, before + 1);
    if (before < count) socket.write(httpReply('{}'));
    else socket[how]();
  };
}

describe('ConnectionPool', () => {
  it('opens no more than maxConnections for 200 calls at a time, and counts those that wait', async () => {
    const held: Socket[] = [];
    let isHolding = true;
    const { server, upstream, counts } = await upstreamOf(
      (socket) => (isHolding ? held.push(socket) : socket.write(httpReply('{}'))),
      { maxConnections: 10 },
    );
    const calls = Array.from({ length: 200 }, () => upstream.send(someRequest()));
    await until(() => held.length === 10);
    expect(counts()).toMatchObject({ open: 10, running: 10, queued: 190, pending: 0, idle: 0 });
    isHolding = false;
    for (const socket of held) socket.write(httpReply('{}'));
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(200).fill(200));
    expect(server.connections).toBe(10);
    expect(counts()).toMatchObject({ open: 10, idle: 10, running: 0, queued: 0, reused: 190 });
  });

  describe('age', () => {
    it('ends a connection in use when its time is up, without a call failing', async () => {
      const { server, upstream, counts } = await upstreamOf(ok, { maxConnectionAgeMs: 60, maxConnections: 4 });
      const until = performance.now() + 600;
      const caller = async () => {
        while (performance.now() < until) expect((await upstream.send(somePost())).status).toBe(200);
      };
      await Promise.all([caller(), caller(), caller()]);
      expect(counts().closedByAge).toBeGreaterThan(5);
      expect(server.connections).toBeGreaterThan(counts().closedByAge);
      expect(server.sockets.size).toBeLessThanOrEqual(4);
    });

    it('lets the request under way finish', async () => {
      const { upstream, counts } = await upstreamOf(
        (socket, text) => {
          setTimeout(() => socket.write(httpReply('{}')), text.startsWith('GET /slow') ? 150 : 1);
        },
        { maxConnectionAgeMs: 40 },
      );
      const slowCall = upstream.send(someRequest({ path: '/slow' }));
      await pause(60);
      await upstream.send(someRequest());
      expect((await slowCall).status).toBe(200);
      await until(() => counts().closedByAge === 1);
    });

    it.each([
      ['shortest', 0, 270_000],
      ['longest', 0.999_999, 330_000],
    ])('is 5 min with jitter: %s', async (_, random, ageMs) => {
      const clock = new VirtualClock();
      const { upstream, counts, server } = await upstreamOf(ok, { clock, random: () => random, maxConnections: 1 });
      await upstream.send(someRequest());
      await clock.advance(ageMs - 10);
      await upstream.send(someRequest());
      expect(server.connections).toBe(1);
      await clock.advance(11);
      await upstream.send(someRequest());
      expect(server.connections).toBe(2);
      await until(() => counts().closedByAge === 1);
    });

    it('does not end a connection before', async () => {
      const { upstream, counts } = await upstreamOf(ok);
      for (let i = 0; i < 20; i++) await upstream.send(someRequest());
      expect(counts().closedByAge).toBe(0);
    });
  });

  describe('a connection that the server closed just when it was used again', () => {
    it.each(['resetAndDestroy', 'destroy'] as const)('loses none of 2000 GETs: %s', async (how) => {
      const { server, upstream } = await upstreamOf(stale(3, how), { maxConnections: 20 });
      let left = 2_000;
      const caller = async () => {
        while (left-- > 0) expect((await upstream.send(someRequest())).status).toBe(200);
      };
      await Promise.all(Array.from({ length: 20 }, caller));
      expect(server.requests.length).toBeGreaterThan(2_400); // many were sent twice
    });

    it('costs neither an attempt nor the retry budget', async () => {
      const { upstream } = await upstreamOf(stale(1, 'resetAndDestroy'), {
        maxConnections: 1,
        retryBudgetPerSecond: 0,
        retryBudgetRatio: 0,
      });
      const attempts: number[] = [];
      upstream.subscribe({ onCall: (outcome) => attempts.push(outcome.attempts) });
      for (let i = 0; i < 10; i++) await upstream.send(someRequest());
      expect(attempts).toEqual(Array(10).fill(1));
    });

    it('is hidden from a POST with a key, and from no other POST', async () => {
      const { server, upstream } = await upstreamOf(stale(1, 'destroy'), { maxConnections: 1 });
      const body = '{"a":1}';
      await upstream.send(somePost({ body }));
      expect(await rejection(upstream.send(somePost({ body })))).toMatchObject({
        code: 'unavailable',
        isUnprocessed: false,
      });
      expect(server.requests).toHaveLength(2);
      await upstream.send(somePost({ body }));
      expect((await upstream.send(somePost({ body, safety: 'keyed' }))).status).toBe(200);
      expect(server.requests).toHaveLength(5);
      expect(server.requests.at(-1)).toMatch(/\r\n\r\n\{"a":1\}$/);
    });

    it('is not blamed for what a fresh connection does', async () => {
      const { server, upstream } = await upstreamOf((socket) => socket.destroy());
      expect(await rejection(upstream.send(someRequest()))).toMatchObject({ code: 'unavailable' });
      expect(server.requests).toHaveLength(1);
    });

    it('is repeated once only', async () => {
      let isGone = false;
      const { server, upstream } = await upstreamOf(
        (socket) => (isGone ? socket.destroy() : socket.write(httpReply('{}'))),
        { maxConnections: 1 },
      );
      await upstream.send(someRequest());
      isGone = true;
      await rejection(upstream.send(someRequest()));
      expect(server.requests).toHaveLength(3);
    });

    it('is not hidden once the reply has begun', async () => {
      const { server, upstream } = await upstreamOf(
        (socket) => {
          if (server.requests.length === 1) socket.write(httpReply('{}'));
          else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', () => socket.destroy());
        },
        { maxConnections: 1 },
      );
      await upstream.send(someRequest());
      await rejection(upstream.send(someRequest()));
      expect(server.requests).toHaveLength(2);
    });
  });

  describe('warm connections', () => {
    it('are open before the first request, and serve it', async () => {
      const { server, upstream, counts } = await upstreamOf(ok, { minConnections: 3 });
      await until(() => server.connections === 3 && counts().idle === 3);
      expect(counts()).toMatchObject({ open: 3, reused: 0 });
      await Promise.all([1, 2, 3].map(() => upstream.send(someRequest())));
      expect(server.connections).toBe(3);
    });

    it('are topped up', async () => {
      const { server, counts } = await upstreamOf(ok, { minConnections: 2 });
      await until(() => counts().idle === 2 && server.sockets.size === 2);
      for (const socket of server.sockets) socket.end();
      await until(() => server.connections === 4 && counts().open === 2);
    });

    it('are replaced after idleConnectionMs', async () => {
      const { server, counts } = await upstreamOf(ok, { minConnections: 1, idleConnectionMs: 50 });
      await until(() => server.connections > 1);
      await until(() => counts().open === 1);
      expect(server.sockets.size).toBe(1);
    });

    it('do not flood a server that closes what it accepts', async () => {
      const { server } = await upstreamOf(ok, { minConnections: 5 });
      const closing = setInterval(() => {
        for (const socket of server.sockets) socket.destroy();
      }, 5);
      await pause(1_500).finally(() => clearInterval(closing));
      expect(server.connections).toBeLessThanOrEqual(10);
    });

    it('are closed with the upstream', async () => {
      const { server, upstream, counts } = await upstreamOf(ok, { minConnections: 4 });
      await until(() => counts().idle === 4);
      await upstream.close();
      await until(() => server.sockets.size === 0);
    });
  });

  describe('whose options are changed', () => {
    it('lets what runs finish, and takes new requests to connections by the new limit', async () => {
      const held: Socket[] = [];
      let isHolding = true;
      const { server, upstream, counts } = await upstreamOf(
        (socket) => (isHolding ? held.push(socket) : socket.write(httpReply('{}'))),
        { maxConnections: 5 },
      );
      const before = Array.from({ length: 8 }, () => upstream.send(someRequest()));
      await until(() => held.length === 5);
      upstream.configure({ maxConnections: 2 });
      const after = Array.from({ length: 6 }, () => upstream.send(someRequest()));
      await until(() => held.length === 7);
      await pause(20);
      expect(counts()).toMatchObject({ open: 7, running: 7, queued: 3 + 4, pending: 0, idle: 0 });
      isHolding = false;
      for (const socket of held) socket.write(httpReply('{}'));
      expect((await Promise.all([...before, ...after])).map(({ status }) => status)).toEqual(Array(14).fill(200));
      await until(() => server.sockets.size === 2);
      expect(counts()).toMatchObject({ open: 2, idle: 2, running: 0, queued: 0 });
    });

    it('takes more at a time when the limit is raised', async () => {
      const { server, upstream } = await upstreamOf(slow, { maxConnections: 1 });
      await upstream.send(someRequest());
      upstream.configure({ maxConnections: 4 });
      await Promise.all(Array.from({ length: 8 }, () => upstream.send(someRequest())));
      await until(() => server.sockets.size === 4);
    });

    it('keeps idle connections for as long as is said now', async () => {
      const { server, upstream } = await upstreamOf(ok);
      upstream.configure({ idleConnectionMs: 60_000 });
      await upstream.send(someRequest());
      upstream.configure({ idleConnectionMs: 30 });
      await upstream.send(someRequest());
      await until(() => server.sockets.size === 0);
      expect(server.connections).toBe(2);
    });

    it('warms as many as is said now, with the next request', async () => {
      // Its time stands still: what is topped up later never comes.
      const { server, upstream, counts } = await upstreamOf(ok, { clock: new VirtualClock() });
      await upstream.send(someRequest());
      upstream.configure({ minConnections: 3 });
      await upstream.send(someRequest());
      await until(() => server.sockets.size === 3);
      await until(() => counts().idle === 3);
    });

    it('gives new connections the new age, open ones keep theirs', async () => {
      const clock = new VirtualClock();
      const options = { clock, random: () => 0.5, maxConnections: 1, idleConnectionMs: 600_000 };
      const { server, upstream } = await upstreamOf(ok, { ...options, maxConnectionAgeMs: 10_000 });
      await upstream.send(someRequest());
      upstream.configure({ maxConnectionAgeMs: 1_000 });
      await clock.advance(9_999);
      await upstream.send(someRequest());
      expect(server.connections).toBe(1);
      await clock.advance(1);
      await upstream.send(someRequest());
      expect(server.connections).toBe(2);
      await clock.advance(1_000);
      await upstream.send(someRequest());
      expect(server.connections).toBe(3);
    });

    it('takes replies by the new limit', async () => {
      const { upstream } = await upstreamOf((socket) => socket.write(httpReply('x'.repeat(100))));
      expect((await upstream.send(someRequest())).status).toBe(200);
      upstream.configure({ maxReplyBytes: 99 });
      expect((await rejection(upstream.send(someRequest()))).detail).toBe('maxContentLength size of 99 exceeded');
    });

    it('asks for compressed replies, and sends compressed bodies, from then on', async () => {
      const { server, upstream } = await upstreamOf(ok);
      upstream.configure({ acceptCompressed: true, compressRequestsAboveBytes: 10 });
      await upstream.send(someRequest());
      await upstream.send(somePost({ body: '"'.padEnd(2_000, 'x') }));
      expect(server.requests[0]).toMatch(/accept-encoding: .*gzip/i);
      expect(server.requests.join('')).toMatch(/content-encoding: gzip/i);
    });

    it('is closed with what was retired', async () => {
      const { server, upstream } = await upstreamOf(slow, { maxConnections: 3 });
      const calls = [1, 2, 3].map(() => upstream.send(someRequest()));
      await until(() => server.requests.length === 3);
      upstream.configure({ maxConnections: 1 });
      calls.push(upstream.send(someRequest()));
      await upstream.close();
      expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      await until(() => server.sockets.size === 0);
    });
  });

  it('leaves nothing behind that would keep a process alive, closed or not', async () => {
    const server = new RawServer(ok);
    closeables.push(server);
    const address = await server.listen();
    const script = `
      import { createUpstream } from '@parley/client';
      const request = { label: 'GET /', method: 'GET', path: '/', headers: {}, safety: 'safe' };
      for (const doesClose of [true, false]) {
        const upstream = createUpstream('things', '${address}', { minConnections: 3, idleConnectionMs: 60_000 });
        const { status } = await upstream.send(request);
        if (doesClose) await upstream.close();
        console.log(status, doesClose ? process.getActiveResourcesInfo().filter((name) => /TCP/.test(name)) : '');
      }`;
    const child = spawn(process.execPath, ['--conditions=@parley/source', '--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 15_000,
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    const startedAt = performance.now();
    const [code] = await once(child, 'close');
    expect({ code, printed }).toEqual({ code: 0, printed: '200 []\n200 \n' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  }, 20_000);

  it('spreads the ages of connections that were opened together', async () => {
    const { server, upstream, counts } = await upstreamOf(slow, {
      maxConnectionAgeMs: 500,
      maxConnections: 10,
      random: seededRandom(),
    });
    const openedAt = performance.now();
    const ends: number[] = [];
    const calls = Array.from({ length: 10 }, async () => {
      while (performance.now() - openedAt < 700) {
        await upstream.send(someRequest());
        const { closedByAge } = counts();
        while (ends.length < closedByAge) ends.push(performance.now() - openedAt);
      }
    });
    await Promise.all(calls);
    expect(server.connections).toBeGreaterThan(10);
    const [first = 0, last = 0] = [ends[0], ends[9]];
    expect(first).toBeGreaterThan(445);
    expect(last - first).toBeGreaterThan(30);
  });
});
