import { describe, expect, it } from '@jest/globals';
import { HeldAnswers } from '../../test-fixtures/held-answers.ts';
import { heldBy, ok, upstreamOf } from '../../test-fixtures/pooled-upstream.ts';
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
    const clock = new VirtualClock();
    const held = new HeldAnswers();
    const { upstream, counts } = await upstreamOf(
      (socket, text) => {
        const answer = () => socket.write(httpReply('{}'));
        if (text.startsWith('GET /slow')) held.hold(answer);
        else answer();
      },
      { clock, maxConnectionAgeMs: 40 },
    );
    const slowCall = upstream.send(someRequest({ path: '/slow' }));
    await until(() => held.count === 1);
    await clock.advance(60);
    await upstream.send(someRequest());
    held.open();
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
    const held = new HeldAnswers();
    const options = { clock, maxConnections: 10, random: seededRandom() };
    const { server, upstream } = await upstreamOf(heldBy(held), options);
    const round = async () => {
      const calls = Array.from({ length: 10 }, () => upstream.send(someRequest()));
      await until(() => held.count === 10);
      held.release();
      await Promise.all(calls);
    };
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
