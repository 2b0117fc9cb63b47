import { describe, expect, it } from '@jest/globals';
import type { ConnectionChange } from '@parley/contract';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { HeldAnswers } from '../../test-fixtures/held-answers.ts';
import { answer, http2Server } from '../../test-fixtures/http2-server.ts';
import { heldBy, ok, stale, upstreamOf } from '../../test-fixtures/pooled-upstream.ts';
import { deadAddress, httpReply, until } from '../../test-fixtures/raw-server.ts';
import { rejection, someRequest } from '../../test-fixtures/sample.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { createUpstream, type Upstream } from '../upstream.ts';

function listen(upstream: Upstream): ConnectionChange[] {
  const events: ConnectionChange[] = [];
  upstream.subscribe({ onConnection: (event) => events.push(event) });
  return events;
}

const reasons = (events: readonly ConnectionChange[]) =>
  events.flatMap((event) => (event.change === 'closed' ? [event.reason] : []));

async function open(behave: Parameters<typeof upstreamOf>[0], options: Partial<UpstreamOptions> = {}) {
  const opened = await upstreamOf(behave, options);
  return { ...opened, events: listen(opened.upstream) };
}

describe('events of connections', () => {
  it('tell of one that is opened, once, and of its end with the upstream', async () => {
    const { upstream, events, address } = await open(ok, { maxConnections: 1 });
    for (let i = 0; i < 3; i++) await upstream.send(someRequest());
    expect(events).toEqual([{ upstream: 'things', endpoint: address, change: 'opened' }]);
    await upstream.close();
    await until(() => events.length === 2);
    expect(events[1]).toEqual({ upstream: 'things', endpoint: address, change: 'closed', reason: 'client' });
  });

  it('tell of one that could not be opened', async () => {
    const address = await deadAddress();
    const upstream = createUpstream('things', address, { maxAttempts: 1 });
    closeAfterTest(upstream);
    const events = listen(upstream);
    await rejection(upstream.send(someRequest()));
    expect(events).toEqual([{ upstream: 'things', endpoint: address, change: 'failed', code: 'ECONNREFUSED' }]);
  });

  it('tell of a server that closes after a reply, by its header or later', async () => {
    const close = { connection: 'close' };
    const { upstream, events, server } = await open((socket, text) =>
      socket.write(httpReply('{}', { headers: text.includes('/last') ? close : {} })),
    );
    await upstream.send(someRequest({ path: '/last' }));
    await until(() => reasons(events).length === 1);
    await upstream.send(someRequest());
    for (const socket of server.sockets) socket.end();
    await until(() => reasons(events).length === 2);
    expect(reasons(events)).toEqual(['server', 'server']);
  });

  it('tell of a connection that was reset', async () => {
    const { upstream, events } = await open(stale(0, 'resetAndDestroy'));
    await rejection(upstream.send(someRequest()));
    await until(() => reasons(events).length > 0);
    expect(new Set(reasons(events))).toEqual(new Set(['broken']));
  });

  it('tell of one whose request was given up', async () => {
    const held = new HeldAnswers();
    const { upstream, events } = await open(heldBy(held));
    const caller = new AbortController();
    const call = rejection(upstream.send(someRequest({ context: { signal: caller.signal } })));
    await until(() => held.count === 1);
    caller.abort();
    await call;
    await until(() => reasons(events).length > 0);
    expect(reasons(events)).toEqual(['request']);
  });

  it('tell of one whose time was up', async () => {
    const clock = new VirtualClock();
    const { upstream, events } = await open(ok, { clock, maxConnectionAgeMs: 40 });
    await upstream.send(someRequest());
    await clock.advance(60);
    await upstream.send(someRequest());
    await until(() => reasons(events).length > 0);
    expect(reasons(events)).toEqual(['age']);
  });

  it('tell of one that was idle for too long', async () => {
    const { upstream, events } = await open(ok, { idleConnectionMs: 1 });
    await upstream.send(someRequest());
    await until(() => reasons(events).length > 0);
    expect(reasons(events)).toEqual(['idle']);
  });

  it('tell of connections that are replaced as their options change', async () => {
    const { upstream, events } = await open(ok);
    await upstream.send(someRequest());
    upstream.configure({ maxConnections: 7 });
    await upstream.send(someRequest());
    await until(() => reasons(events).length > 0);
    expect(reasons(events)).toEqual(['client']);
  });

  it.each([
    ['server', {}],
    ['idle', { idleConnectionMs: 1 }],
  ])('tell of HTTP/2 too: %s', async (reason, options) => {
    const server = await http2Server((stream, _path, session) => {
      answer(stream);
      if (reason === 'server') session.close();
    });
    const upstream = createUpstream('things', server.address, { maxAttempts: 1, http: '2', ...options });
    closeAfterTest(server, upstream);
    const events = listen(upstream);
    await upstream.send(someRequest());
    await until(() => reasons(events).length > 0);
    expect(reasons(events)).toEqual([reason]);
  });
});
