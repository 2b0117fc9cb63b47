import { constants } from 'node:http2';
import { describe, expect, it } from '@jest/globals';
import { loopbackCertificate } from '../../test-fixtures/certificates.ts';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { patient } from '../../test-fixtures/patient.ts';
import { type AnswerFrames, frame, rawHttp2Server } from '../../test-fixtures/raw-http2-server.ts';
import { until } from '../../test-fixtures/raw-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { createUpstream } from '../upstream.ts';

const { ca, pair } = await loopbackCertificate();

async function serve(answer: AnswerFrames, options: Partial<UpstreamOptions> = {}, kind = 'h2c') {
  const server = await rawHttp2Server(answer, kind === 'TLS' ? pair : undefined);
  const upstream = createUpstream('things', server.address, {
    ...patient,
    maxAttempts: 1,
    backoffBaseMs: 1,
    http: '2',
    ...(kind === 'TLS' && { tls: { ca } }),
    ...options,
  });
  closeAfterTest(server, upstream);
  return { server, upstream };
}

const whole: AnswerFrames = (stream, socket) =>
  void socket.write(Buffer.concat([frame.headers(stream), frame.data(stream, '[1]', true)]));
const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM } = constants;
const resets = [NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL];

describe.each(['h2c', 'TLS'])('a reply over HTTP/2 (%s)', (kind) => {
  it('is whole where the stream is reset once it has ended', async () => {
    const { upstream } = await serve(
      (stream, socket) => {
        const text = [frame.headers(stream), frame.data(stream, '[1]', true)];
        const frames = stream > 1 ? [frame.headers(stream, true)] : text;
        socket.write(Buffer.concat([...frames, frame.rst(stream, NGHTTP2_NO_ERROR)]));
      },
      {},
      kind,
    );
    expect((await upstream.send(someRequest())).body).toBe('[1]');
    expect((await upstream.send(someRequest())).body).toBe('');
    expect((await upstream.send(someRequest({ method: 'HEAD' }))).status).toBe(200);
  });

  describe.each(resets)('that is cut by RST_STREAM with code %d', (code) => {
    const cut: AnswerFrames = (stream, socket, connection) => {
      if (connection > 1) return whole(stream, socket, connection);
      socket.write(Buffer.concat([frame.headers(stream), frame.data(stream, '12')]));
      setImmediate(() => socket.write(frame.rst(stream, code)));
    };

    it.each(['text', 'bytes'] as const)('is an error, never taken for whole: %s', async (replyAs) => {
      const { upstream } = await serve(cut, {}, kind);
      const error = await rejection(upstream.send(someRequest({ replyAs })));
      expect(error).toMatchObject({ code: 'unavailable', isUnprocessed: false });
    });

    it('ends a stream with an error', async () => {
      const { upstream } = await serve(cut, {}, kind);
      const { body } = await upstream.send(someRequest({ replyAs: 'stream' }));
      let text = '';
      const read = async () => {
        for await (const chunk of body as AsyncIterable<Buffer>) text += chunk;
      };
      expect(await rejection(read())).toMatchObject({ code: 'unavailable' });
      expect(text).toBe('12');
    });

    it('is an error where only the headers came, or all in one packet', async () => {
      const headersOnly: AnswerFrames = (stream, socket) =>
        void socket.write(Buffer.concat([frame.headers(stream), frame.rst(stream, code)]));
      const atOnce: AnswerFrames = (stream, socket) =>
        void socket.write(Buffer.concat([frame.headers(stream), frame.data(stream, '12'), frame.rst(stream, code)]));
      for (const answer of [headersOnly, atOnce]) {
        const { upstream } = await serve(answer, {}, kind);
        expect(await rejection(upstream.send(someRequest()))).toMatchObject({ code: 'unavailable' });
        expect(await rejection(upstream.send(somePost({ body: '{}' })))).toMatchObject({ code: 'unavailable' });
      }
    });
  });

  it.each(['by its end', 'by GOAWAY'])('that its connection cuts is an error: %s', async (how) => {
    const { upstream } = await serve(
      (stream, socket) => {
        socket.write(Buffer.concat([frame.headers(stream), frame.data(stream, '12')]));
        setImmediate(() => (how === 'by GOAWAY' ? socket.end(frame.goaway(stream, 0)) : socket.end()));
      },
      {},
      kind,
    );
    expect(await rejection(upstream.send(someRequest()))).toMatchObject({ code: 'unavailable' });
  });
});

describe('a request over HTTP/2', () => {
  it('is reset with CANCEL where its caller gives it up', async () => {
    const leaving = new AbortController();
    let requests = 0;
    const { server, upstream } = await serve(() => {
      if (++requests === 3) leaving.abort();
    });
    await rejection(upstream.send(someRequest({ timeoutMs: 40 })));
    await rejection(upstream.send(somePost({ body: '{}', timeoutMs: 40 })));
    const left = upstream.send(someRequest({ context: { signal: leaving.signal } }));
    expect(await rejection(left)).toMatchObject({ code: 'cancelled' });
    await until(() => server.resets.length === 3);
    expect(server.resets).toEqual([NGHTTP2_CANCEL, NGHTTP2_CANCEL, NGHTTP2_CANCEL]);
  });

  it('is reset with CANCEL where its reply is too large, or is left unread', async () => {
    const endless: AnswerFrames = (stream, socket) =>
      void socket.write(Buffer.concat([frame.headers(stream), frame.data(stream, 'x'.repeat(2_000))]));
    const { server, upstream } = await serve(endless, { maxReplyBytes: 1_024 });
    expect(await rejection(upstream.send(someRequest()))).toMatchObject({ code: 'invalid_reply' });
    const { body } = await upstream.send(someRequest({ replyAs: 'stream' }));
    (body as import('node:stream').Readable).destroy();
    await until(() => server.resets.length === 2);
    expect(server.resets).toEqual([NGHTTP2_CANCEL, NGHTTP2_CANCEL]);
  });
});

describe('the end of an HTTP/2 connection', () => {
  const codes = Array.from({ length: 14 }, (_, code) => code);
  const strict = { circuitConsecutiveFailures: 1, maxAttempts: 3 };

  it.each(codes)('by GOAWAY with code %d blames no endpoint, and fails no safe call', async (code) => {
    const { server, upstream } = await serve((stream, socket, connection) => {
      // Every other connection ends with a request that it has begun with.
      if (connection % 2 === 0) whole(stream, socket, connection);
      else socket.end(frame.goaway(stream, code));
    }, strict);
    expect((await upstream.send(someRequest())).status).toBe(200);
    expect(server.counts()).toEqual({ opened: 2, requests: 2 });
    expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false });
  });

  it.each(codes)('by GOAWAY with code %d repeats no POST that it may have begun with', async (code) => {
    const { server, upstream } = await serve((stream, socket) => {
      socket.end(frame.goaway(stream, code));
    }, strict);
    const error = await rejection(upstream.send(somePost({ body: '{}' })));
    expect(error).toMatchObject({ code: 'unavailable', isUnprocessed: false, blamesEndpoint: false });
    expect(server.counts().requests).toBe(1);
    expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false });
  });

  it.each(codes)('by GOAWAY with code %d repeats a POST that it has not begun with', async (code) => {
    const { server, upstream } = await serve((stream, socket, connection) => {
      if (connection > 3) whole(stream, socket, connection);
      else socket.end(frame.goaway(0, code));
    }, strict);
    expect((await upstream.send(somePost({ body: '{}' }))).status).toBe(200);
    expect(server.counts()).toEqual({ opened: 4, requests: 4 });
    expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false });
  });

  it('follows a stream that is reset with ENHANCE_YOUR_CALM, and blames no endpoint', async () => {
    const { server, upstream } = await serve((stream, socket, connection) => {
      if (connection > 1) whole(stream, socket, connection);
      else socket.write(frame.rst(stream, NGHTTP2_ENHANCE_YOUR_CALM));
    }, strict);
    expect((await upstream.send(someRequest())).status).toBe(200);
    expect(server.counts()).toEqual({ opened: 2, requests: 2 });
    expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false });
  });
});
