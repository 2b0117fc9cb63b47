import { constants } from 'node:http2';
import { describe, expect, it } from '@jest/globals';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { answer, http2Server, type StreamBehaviour } from '../../test-fixtures/http2-server.ts';
import { frame, rawHttp2Server } from '../../test-fixtures/raw-http2-server.ts';
import { somePost } from '../../test-fixtures/sample.ts';
import { createUpstream } from '../upstream.ts';

/** Sends eight POSTs at a time over one connection, one attempt each; gives the status or the error's code of each. */
async function eightPosts(address: string, body?: string) {
  const patient = { callTimeoutMs: 60_000, connectTimeoutMs: 30_000 }; // a busy machine may stop for a second
  const upstream = createUpstream('things', address, { http: '2', maxAttempts: 1, ...patient });
  closeAfterTest(upstream);
  const calls = Array.from({ length: 8 }, (_, n) => upstream.send(somePost({ path: `/${n}`, body })));
  const results = await Promise.allSettled(calls);
  return results.map((result) => (result.status === 'fulfilled' ? result.value.status : result.reason.code));
}

/** Says GOAWAY once eight requests have come, `begun` of which it had begun with: these it answers then. */
function goingAway(code: number, begun: number): StreamBehaviour {
  const first: (() => void)[] = [];
  let isGone = false;
  return (stream, _, session) => {
    if (isGone) return answer(stream);
    if (first.push(() => answer(stream)) < 8) return;
    isGone = true;
    session.goaway(code, 2 * begun - 1);
    for (const answerOne of first.slice(0, begun)) answerOne();
  };
}

const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM } = constants;

describe('GOAWAY with several requests under way', () => {
  it.each([1, 3, 7])('loses none of them: %d are answered, the rest are sent once more', async (begun) => {
    const server = await http2Server(goingAway(NGHTTP2_NO_ERROR, begun));
    closeAfterTest(server);
    expect(await eightPosts(server.address)).toEqual(Array(8).fill(200));
    expect([server.paths.length, server.counts().opened]).toEqual([8 + (8 - begun), 2]);
    expect(server.paths.slice(8).sort()).toEqual(server.paths.slice(begun, 8).sort());
  });

  it('sends their bodies once more too', async () => {
    const server = await http2Server(goingAway(NGHTTP2_NO_ERROR, 3));
    closeAfterTest(server);
    expect(await eightPosts(server.address, 'x'.repeat(200_000))).toEqual(Array(8).fill(200));
  });

  it.each([NGHTTP2_INTERNAL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM])(
    'of code %d fails what the server had begun with, and sends the rest once more',
    async (code) => {
      const server = await http2Server(goingAway(code, 3));
      closeAfterTest(server);
      expect((await eightPosts(server.address)).sort()).toEqual([
        ...Array(5).fill(200),
        ...Array(3).fill('unavailable'),
      ]);
      expect(server.paths).toHaveLength(13);
    },
  );

  it.each(['stays open', 'is ended'])(
    'that begins with none sends all once more, where the connection %s',
    async (how) => {
      let seen = 0;
      const server = await rawHttp2Server((stream, socket, connection) => {
        if (connection > 1) return void socket.write(frame.headers(stream, true));
        if (++seen < 8) return;
        socket.write(frame.goaway(0, NGHTTP2_NO_ERROR), () => {
          if (how === 'is ended') socket.end();
        });
      });
      closeAfterTest(server);
      expect(await eightPosts(server.address)).toEqual(Array(8).fill(200));
      expect(server.counts()).toEqual({ opened: 2, requests: 16 });
    },
  );
});
