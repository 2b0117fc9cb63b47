import { describe, expect, it } from '@jest/globals';
import { loopbackCertificate } from '../../test-fixtures/certificates.ts';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { patient } from '../../test-fixtures/patient.ts';
import { stale, upstreamOf } from '../../test-fixtures/pooled-upstream.ts';
import { frame, rawHttp2Server } from '../../test-fixtures/raw-http2-server.ts';
import { type Behaviour, httpReply, RawServer } from '../../test-fixtures/raw-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { createUpstream } from '../upstream.ts';

const { ca, pair } = await loopbackCertificate();

/** Nothing but the number of attempts bounds how often a call is sent. */
const unbounded = {
  retryBudgetPerSecond: 10_000,
  backoffBaseMs: 0,
  circuitConsecutiveFailures: 1_000,
  circuitMinCalls: 10_000,
};

async function overTls(behave: Behaviour, options: Partial<UpstreamOptions>) {
  const server = new RawServer(behave, pair);
  const upstream = createUpstream('things', await server.listen(), { ...patient, tls: { ca }, ...options });
  closeAfterTest(server, upstream);
  return { server, upstream };
}

describe('a connection that the server closed just when it was used again', () => {
  it.each(['resetAndDestroy', 'destroy'] as const)('loses none of 400 GETs: %s', async (how) => {
    const { server, upstream } = await upstreamOf(stale(3, how), { maxConnections: 20 });
    let left = 400;
    const caller = async () => {
      while (left-- > 0) expect((await upstream.send(someRequest())).status).toBe(200);
    };
    await Promise.all(Array.from({ length: 20 }, caller));
    expect(server.requests.length).toBeGreaterThan(480); // many were sent twice
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

describe.each([1, 2, 3])('a call with %d attempts', (maxAttempts) => {
  const head = Buffer.from(httpReply('{}'));
  const cuts = Array.from({ length: head.length }, (_, length) => length);

  it.each(['cleartext', 'TLS'])(
    'is sent as often on fresh connections, wherever the reply is cut: %s',
    async (kind) => {
      let sent = head;
      const cut: Behaviour = (socket) =>
        socket.write(sent.length > 0 ? sent : '', () => (kind === 'TLS' ? socket.destroy() : socket.resetAndDestroy()));
      const options = { ...unbounded, maxAttempts };
      const { server, upstream } = await (kind === 'TLS' ? overTls(cut, options) : upstreamOf(cut, options));
      for (const length of cuts) {
        sent = head.subarray(0, length);
        server.requests.length = 0;
        expect(await rejection(upstream.send(someRequest()))).toMatchObject({ code: 'unavailable' });
        expect([length, server.requests.length]).toEqual([length, maxAttempts]);
      }
    },
  );

  it('is sent as often on used connections where a byte of its own reply has come', async () => {
    const { server, upstream } = await upstreamOf(
      (socket, text) => {
        if (text.includes(' /first ')) socket.write(httpReply('{}'));
        else socket.write('H', () => socket.resetAndDestroy());
      },
      { ...unbounded, maxAttempts, maxConnections: 1 },
    );
    await upstream.send(someRequest({ path: '/first' }));
    await rejection(upstream.send(someRequest()));
    expect(server.requests).toHaveLength(1 + maxAttempts);
  });

  it('is sent as often on fresh HTTP/2 connections, wherever the head of the reply is cut', async () => {
    let length = 0;
    const whole = frame.fields(1, [
      [':status', '200'],
      ['x', '1'],
    ]);
    const server = await rawHttp2Server((_, socket) => {
      socket.write(whole.subarray(0, length), () => socket.resetAndDestroy());
    });
    const upstream = createUpstream('things', server.address, { http: '2', ...unbounded, maxAttempts });
    closeAfterTest(server);
    closeAfterTest(upstream);
    for (; length < whole.length; length++) {
      const before = server.counts().requests;
      expect(await rejection(upstream.send(someRequest()))).toMatchObject({ code: 'unavailable' });
      expect([length, server.counts().requests - before]).toEqual([length, maxAttempts]);
    }
  });
});

describe('a connection over TLS that the server closed just when it was used again', () => {
  it('loses none of 60 GETs', async () => {
    const { server, upstream } = await overTls(stale(1, 'destroy'), { maxConnections: 4, maxAttempts: 1 });
    for (let i = 0; i < 60; i++) expect((await upstream.send(someRequest())).status).toBe(200);
    expect(server.requests.length).toBeGreaterThan(66); // many were sent twice
  });
});
