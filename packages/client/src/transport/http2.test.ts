import { constants } from 'node:http2';
import { describe, expect, it } from '@jest/globals';
import { loopbackCertificate } from '../../test-fixtures/certificates.ts';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { HeldAnswers } from '../../test-fixtures/held-answers.ts';
import { answer, http2Server, type StreamBehaviour } from '../../test-fixtures/http2-server.ts';
import { patient } from '../../test-fixtures/patient.ts';
import { httpReply, RawServer, until } from '../../test-fixtures/raw-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { createUpstream } from '../upstream.ts';

const { ca, pair } = await loopbackCertificate();

function upstreamAt(address: string, options: Partial<UpstreamOptions> = {}) {
  const upstream = createUpstream('things', address, { ...patient, maxAttempts: 1, ...options });
  closeAfterTest(upstream);
  return upstream;
}

async function h2c(behave: StreamBehaviour, settings = {}, options: Partial<UpstreamOptions> = {}) {
  const server = await http2Server(behave, { settings });
  closeAfterTest(server);
  return { server, upstream: upstreamAt(server.address, { http: '2', ...options }) };
}

const later: StreamBehaviour = (stream) => void setImmediate(answer, stream);
const heldBy =
  (held: HeldAnswers): StreamBehaviour =>
  (stream) =>
    held.hold(() => answer(stream));

describe('HTTP/2', () => {
  it('carries many requests at a time on one connection, with prior knowledge', async () => {
    const held = new HeldAnswers();
    const { server, upstream } = await h2c(heldBy(held));
    const calls = Array.from({ length: 50 }, () => upstream.send(someRequest()));
    await until(() => held.count > 20);
    held.open();
    const replies = await Promise.all(calls);
    expect(replies.map(({ status, body }) => `${status} ${body}`)).toEqual(Array(50).fill('200 {}'));
    expect(server.counts().opened).toBe(1);
  });

  it('is agreed on over TLS', async () => {
    const server = await http2Server(later, { tls: pair });
    closeAfterTest(server);
    const upstream = upstreamAt(server.address, { tls: { ca } });
    await Promise.all(Array.from({ length: 50 }, () => upstream.send(somePost({ body: '{}' }))));
    expect(server.counts().opened).toBe(1);
    expect(server.paths).toHaveLength(50);
  });

  it('is not spoken where HTTP/1.1 is asked for, over TLS', async () => {
    const server = await http2Server(later, { tls: { ...pair, allowHTTP1: true } });
    closeAfterTest(server);
    // node:http2 answers HTTP/1.1 by its request event, which nobody listens to: no session is opened.
    const upstream = upstreamAt(server.address, {
      tls: { ca },
      http: '1.1',
      callTimeoutMs: 200,
      attemptTimeoutMs: 200,
    });
    await rejection(upstream.send(someRequest()));
    expect(server.counts().opened).toBe(0);
  });

  it('is not used without TLS by default', async () => {
    const raw = new RawServer((socket) => socket.write(httpReply('{}')));
    closeAfterTest(raw);
    await upstreamAt(await raw.listen()).send(someRequest());
    expect(raw.requests[0]).toMatch(/ HTTP\/1\.1\r\n/);
  });

  it('opens no more streams than the server allows, and another connection for the rest', async () => {
    const held = new HeldAnswers();
    const { server, upstream } = await h2c(heldBy(held), { maxConcurrentStreams: 5 }, { maxConnections: 4 });
    const calls = Array.from({ length: 50 }, () => upstream.send(someRequest()));
    await until(() => server.counts().mostStreams === 5 && server.counts().opened > 1);
    held.open();
    const replies = await Promise.all(calls);
    expect(replies.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(server.counts().mostStreams).toBe(5);
    expect(server.counts().opened).toBeLessThanOrEqual(4);
  });

  it('loses no call to a server that says GOAWAY again and again', async () => {
    const streams = new WeakMap<object, number>();
    const { server, upstream } = await h2c((stream, _, session) => {
      const count = (streams.get(session) ?? 0) + 1;
      streams.set(session, count);
      // By number and not by time: what it turns away is among the first on the next connection, however busy the machine.
      if (count === 50) session.close();
      setImmediate(answer, stream);
    });
    let left = 500;
    const caller = async () => {
      while (left-- > 0) expect((await upstream.send(somePost())).status).toBe(200);
    };
    await Promise.all(Array.from({ length: 20 }, caller));
    expect(server.counts().opened).toBeGreaterThanOrEqual(500 / 70);
    expect(server.paths).toHaveLength(500);
  });

  it('sends what a GOAWAY left out once more, a POST too, and nothing else', async () => {
    const held = new HeldAnswers();
    let isFirst = true;
    const { server, upstream } = await h2c((stream, path, session) => {
      if (path === '/left-out' && isFirst) {
        isFirst = false;
        session.goaway(constants.NGHTTP2_NO_ERROR, 1); // only the first stream was begun with
        setImmediate(() => held.open());
      } else held.hold(() => answer(stream));
    });
    const taken = upstream.send(somePost({ path: '/taken' }));
    await until(() => server.paths.length === 1);
    const leftOut = upstream.send(somePost({ path: '/left-out' }));
    expect([(await taken).status, (await leftOut).status]).toEqual([200, 200]);
    expect(server.paths).toEqual(['POST /taken', 'POST /left-out', 'POST /left-out']);
  });

  it('sends a refused stream again, a POST too', async () => {
    let refusals = 3; // undici itself tries once more; the rest is for retry
    const behave: StreamBehaviour = (stream) => {
      if (refusals-- > 0) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else answer(stream);
    };
    const { upstream } = await h2c(behave, {}, { maxAttempts: 3, backoffBaseMs: 1 });
    expect((await upstream.send(somePost())).status).toBe(200);
  });

  it('says that a refused stream was never processed, and that another reset may have been', async () => {
    const { upstream } = await h2c((stream, path) =>
      stream.close(path === '/refused' ? constants.NGHTTP2_REFUSED_STREAM : constants.NGHTTP2_INTERNAL_ERROR),
    );
    const refused = await rejection(upstream.send(somePost({ path: '/refused' })));
    expect(refused).toMatchObject({
      code: 'unavailable',
      isUnprocessed: true,
      detail: 'the server refused the request (REFUSED_STREAM)',
    });
    expect(await rejection(upstream.send(somePost({ path: '/broken' })))).toMatchObject({
      code: 'unavailable',
      isUnprocessed: false,
    });
  });

  it.each(['cleartext', 'TLS'])('uses connections that are warm: %s', async (kind) => {
    const server = await http2Server(later, kind === 'TLS' ? { tls: pair } : {});
    closeAfterTest(server);
    const tls = kind === 'TLS' ? { tls: { ca } } : {};
    const upstream = upstreamAt(server.address, { http: '2', minConnections: 2, ...tls });
    await until(() => server.sessions.size === 2 && upstream.endpoints()[0]?.connections.idle === 2);
    await Promise.all(Array.from({ length: 20 }, () => upstream.send(someRequest())));
    expect(server.counts().opened).toBe(2);
    await upstream.close();
    await until(() => server.sessions.size === 0);
  });

  it('loses no idempotent call when connections break, and repeats no POST that may have been processed', async () => {
    let seen = 0;
    const { server, upstream } = await h2c((stream, path, session) => {
      if (path === '/break' || ++seen % 10 === 0) server.cut(session);
      else answer(stream);
    });
    for (let i = 0; i < 100; i++) expect((await upstream.send(someRequest())).status).toBe(200);
    expect(server.counts().opened).toBeGreaterThan(5);
    const before = server.paths.length;
    await rejection(upstream.send(somePost({ path: '/break' })));
    expect(server.paths).toHaveLength(before + 1);
  });

  it('ends a connection by its age while streams are open, without a call failing', async () => {
    const { server, upstream } = await h2c(later, {}, { maxConnectionAgeMs: 60 });
    const counts = () => upstream.endpoints()[0]?.connections;
    const caller = async () => {
      while ((counts()?.closedByAge ?? 0) < 5) expect((await upstream.send(somePost())).status).toBe(200);
    };
    await Promise.all(Array.from({ length: 10 }, caller));
    expect(server.counts().opened).toBeGreaterThan(3);
    await until(() => server.sessions.size <= 1);
  });

  it('says so where the server does not speak it without TLS', async () => {
    const badRequest = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
    const server = new RawServer((socket) => socket.end(badRequest));
    closeAfterTest(server);
    const upstream = upstreamAt(await server.listen(), { http: '2' });
    const calls = Array.from({ length: 3 }, () => rejection(upstream.send(somePost())));
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ code: 'invalid_reply', detail: expect.stringContaining('does not speak HTTP/2') });
    }
  });

  it('says so where the server does not speak it over TLS', async () => {
    const raw = new RawServer(() => {});
    closeAfterTest(raw);
    const { createServer } = await import('node:https');
    const server = createServer(pair).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    closeAfterTest({ close: () => new Promise((resolve) => void server.close(() => resolve())) });
    const { port } = server.address() as { port: number };
    const error = await rejection(upstreamAt(`https://127.0.0.1:${port}`, { http: '2', tls: { ca } }).send(somePost()));
    expect(error).toMatchObject({ isUnprocessed: true, detail: expect.stringMatching(/does not speak/) });
  });
});
