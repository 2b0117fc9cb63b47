import { constants } from 'node:http2';
import { describe, expect, it } from '@jest/globals';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { answer, http2Server, type StreamBehaviour } from '../../test-fixtures/http2-server.ts';
import { somePost, someRequest } from '../../test-fixtures/sample.ts';
import { createUpstream } from '../upstream.ts';
import { sliceBytes } from './sliced-body.ts';

async function h2c(behave: StreamBehaviour) {
  const server = await http2Server(behave);
  closeAfterTest(server);
  const upstream = createUpstream('things', server.address, {
    http: '2',
    maxAttempts: 1,
    callTimeoutMs: 60_000, // a busy machine takes long for the largest bodies
    attemptTimeoutMs: 60_000,
  });
  closeAfterTest(upstream);
  return {
    server,
    send: (body: string) => upstream.send(somePost({ body })),
    get: () => upstream.send(someRequest({ path: '/short' })),
  };
}

/** Answers before the body has come, and wants no more of it. */
const early: StreamBehaviour = (stream) => {
  stream.respond({ ':status': 413, 'content-type': 'application/json' });
  stream.end('{}').once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
};

describe('a body over HTTP/2', () => {
  it.each([1, sliceBytes - 1, sliceBytes, sliceBytes + 1, 2 * sliceBytes, 1_000_001])(
    'arrives as it was sent, of %i bytes',
    async (length) => {
      const { send } = await h2c(async (stream) => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        stream.respond({ ':status': 200, 'content-type': 'application/json' });
        stream.end(JSON.stringify(Buffer.concat(chunks).toString()));
      });
      const body = Array.from({ length }, (_, index) => index % 10).join('');
      const reply = await send(body);
      expect(JSON.parse(String(reply.body)) === body).toBe(true);
    },
  );

  it('does not keep other calls on the connection from their replies, however much waits', async () => {
    const waiting: Parameters<StreamBehaviour>[0][] = [];
    const { server, send, get } = await h2c((stream, request) => {
      if (request.startsWith('/short')) answer(stream);
      else waiting.push(stream);
    });
    const large = Array.from({ length: 90 }, () => send('x'.repeat(1_000_000)));
    for (let i = 0; i < 5; i++) expect(await get()).toMatchObject({ status: 200 });
    for (const stream of waiting) {
      answer(stream);
      stream.resume();
    }
    expect((await Promise.all(large)).map(({ status }) => status)).toEqual(Array(90).fill(200));
    expect(server.counts().opened).toBe(1);
  });

  it('gets each of 400 early answers, on one connection', async () => {
    const { server, send } = await h2c(early);
    for (let i = 0; i < 400; i++) {
      await expect(send('x'.repeat(1_000_000))).resolves.toMatchObject({ status: 413 });
    }
    expect(server.counts().opened).toBe(1);
  }, 120_000);
});
