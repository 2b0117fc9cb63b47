import { describe, expect, it } from '@jest/globals';
import { stale, upstreamOf } from '../../test-fixtures/pooled-upstream.ts';
import { httpReply } from '../../test-fixtures/raw-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';

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
