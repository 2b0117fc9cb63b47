import { describe, expect, it } from '@jest/globals';
import { ok, pause, slow, upstreamOf } from '../../test-fixtures/pooled-upstream.ts';
import { httpReply, until } from '../../test-fixtures/raw-server.ts';
import { somePost, someRequest } from '../../test-fixtures/sample.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';

describe('a connection', () => {
  it('ends a connection in use when its time is up, without a call failing', async () => {
    const { server, upstream, counts } = await upstreamOf(ok, { maxConnectionAgeMs: 60, maxConnections: 4 });
    const caller = async () => {
      while (counts().closedByAge <= 5) expect((await upstream.send(somePost())).status).toBe(200);
    };
    await upstream.send(somePost());
    await Promise.all([caller(), caller(), caller()]);
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

  it('spreads the ages of connections that were opened together', async () => {
    const clock = new VirtualClock();
    const { server, upstream } = await upstreamOf(slow, { clock, maxConnections: 10, random: seededRandom() });
    const round = () => Promise.all(Array.from({ length: 10 }, () => upstream.send(someRequest())));
    await round();
    expect(server.connections).toBe(10);
    await clock.advance(300_000);
    await round();
    expect(server.connections).toBeGreaterThan(11);
    expect(server.connections).toBeLessThan(19);
    await clock.advance(30_001);
    await round();
    expect(server.connections).toBe(20);
  });
});
