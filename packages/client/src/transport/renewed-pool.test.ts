import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { unchanging } from '../../../../test/eventually.ts';
import { HeldAnswers } from '../../test-fixtures/held-answers.ts';
import { heldBy, ok, upstreamOf } from '../../test-fixtures/pooled-upstream.ts';
import { httpReply, until } from '../../test-fixtures/raw-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { RenewedPool } from './renewed-pool.ts';

describe('a pool of connections whose options change', () => {
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
    expect(await unchanging(() => held.length)).toBe(7);
    expect(counts()).toMatchObject({ open: 7, running: 7, queued: 3 + 4, pending: 0, idle: 0 });
    isHolding = false;
    for (const socket of held) socket.write(httpReply('{}'));
    expect((await Promise.all([...before, ...after])).map(({ status }) => status)).toEqual(Array(14).fill(200));
    await until(() => server.sockets.size === 2 && counts().idle === 2);
    expect(counts()).toMatchObject({ open: 2, running: 0, queued: 0 });
  });

  it('is opened for the first request, and for none once it is closed', async () => {
    let opened = 0;
    const refused = new Error('closed');
    const open = () => {
      opened++;
      let isClosed = false;
      return {
        stats: { connected: 1, free: 1, pending: 0, queued: 0, running: 0 },
        async close() {
          isClosed = true;
        },
        dispatch() {
          if (isClosed) throw refused;
        },
      };
    };
    const current = { maxConnections: 1, minConnections: 0, idleConnectionMs: 1 };
    const [used, unused] = [new RenewedPool({ current } as never, open), new RenewedPool({ current } as never, open)];
    expect([opened, used.total('free')]).toEqual([0, 0]);
    used.current.dispatch();
    used.current.dispatch();
    expect([opened, used.total('free')]).toEqual([1, 1]);
    await Promise.all([used.close(), unused.close()]);
    expect(() => used.current.dispatch()).toThrow(refused);
    expect(() => unused.current.dispatch()).toThrow(refused);
  });

  it('takes more at a time when the limit is raised', async () => {
    const held = new HeldAnswers();
    const { server, upstream } = await upstreamOf(heldBy(held), { maxConnections: 1 });
    const first = upstream.send(someRequest());
    await until(() => held.count === 1);
    held.release();
    await first;
    upstream.configure({ maxConnections: 4 });
    const calls = Array.from({ length: 8 }, () => upstream.send(someRequest()));
    await until(() => held.count === 4);
    held.open();
    await Promise.all(calls);
    await until(() => server.sockets.size === 4);
  });

  it('keeps idle connections by the new time', async () => {
    const { server, upstream } = await upstreamOf(ok);
    upstream.configure({ idleConnectionMs: 60_000 });
    await upstream.send(someRequest());
    upstream.configure({ idleConnectionMs: 30 });
    await upstream.send(someRequest());
    await until(() => server.sockets.size === 0);
    expect(server.connections).toBe(2);
  });

  it('opens as many as configured now, with the next request', async () => {
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
    const held = new HeldAnswers();
    const { server, upstream } = await upstreamOf(heldBy(held), { maxConnections: 3 });
    const calls = [1, 2, 3].map(() => upstream.send(someRequest()));
    await until(() => server.requests.length === 3);
    upstream.configure({ maxConnections: 1 });
    calls.push(upstream.send(someRequest()));
    const closing = upstream.close();
    held.open();
    await closing;
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await until(() => server.sockets.size === 0);
  });
});
