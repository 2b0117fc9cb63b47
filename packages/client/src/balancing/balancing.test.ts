import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { closeAfterTest } from '../../test-fixtures/close-after-test.ts';
import { httpServer, sendJson } from '../../test-fixtures/http-server.ts';
import { httpReply, RawServer, until } from '../../test-fixtures/raw-server.ts';
import { someRequest } from '../../test-fixtures/sample.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { systemClock } from '../time/clock.ts';
import { createUpstream } from '../upstream.ts';

async function serverOf(...args: Parameters<typeof httpServer>) {
  const server = await httpServer(...args);
  closeAfterTest(server);
  return server;
}

/** Its time stands still by default: a pause of a busy machine must not make endpoints look slow. */
function upstreamAt(where: string | readonly string[], options: Partial<UpstreamOptions> = {}) {
  const upstream = createUpstream('things', where, { random: seededRandom(), clock: new VirtualClock(), ...options });
  closeAfterTest(upstream);
  return upstream;
}

/** As many calls as said, some at a time. */
async function call(upstream: ReturnType<typeof upstreamAt>, times: number, atOnce = 4): Promise<void> {
  let left = times;
  const caller = async () => {
    while (left-- > 0) await upstream.send(someRequest());
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
}

describe('balancing over HTTP', () => {
  it('gives a slow one of two as many at once as the other, where it goes by requests', async () => {
    const clock = new VirtualClock();
    const answerAfter = (ms: number) => serverOf((_, response) => clock.after(ms, () => sendJson(response, 200, {})));
    const servers = [await answerAfter(50), await answerAfter(1)];
    const startedAtMs = clock.now();
    const upstream = upstreamAt(
      servers.map(({ address }) => address),
      { clock, balanceBy: 'requests' },
    );
    let isDone = false;
    const calls = call(upstream, 400).finally(() => {
      isDone = true;
    });
    const atOnce: number[] = [];
    while (!isDone) {
      await clock.advance(1);
      // Its latency is known by then.
      if (clock.now() - startedAtMs > 60) atOnce.push(upstream.endpoints()[0]?.inFlight ?? 0);
    }
    await calls;
    // By latency the slow one would have one at most.
    expect(Math.max(...atOnce)).toBeGreaterThanOrEqual(2);
  });

  it('leaves a slow one of three alone', async () => {
    const clock = new VirtualClock();
    const answerAfter = (ms: number) => serverOf((_, response) => clock.after(ms, () => sendJson(response, 200, {})));
    const slow = await answerAfter(200);
    const servers = [await answerAfter(1), await answerAfter(1), slow];
    const upstream = upstreamAt(
      servers.map(({ address }) => address),
      { clock },
    );
    let isDone = false;
    const calls = call(upstream, 500).finally(() => {
      isDone = true;
    });
    while (!isDone) await clock.advance(1);
    await calls;
    expect(slow.requests.length).toBeGreaterThan(0);
    expect(slow.requests.length).toBeLessThan(100); // an even share is 167
    const status = upstream.endpoints().find(({ address }) => address === slow.address);
    expect(status).toMatchObject({ circuit: 'closed', isEjected: false, inFlight: 0, utilization: undefined });
    expect(status?.latencyMs).toBeGreaterThan(100);
  });

  it('takes the time to the first byte for the latency of a stream, and an open one for an attempt under way', async () => {
    const clock = new VirtualClock();
    let finish = () => {};
    const server = await serverOf((_, response) => {
      response.write('first');
      finish = () => response.end('last');
    });
    const upstream = upstreamAt(server.address, { clock });
    const { body } = await upstream.send(someRequest({ replyAs: 'stream' }));
    expect(upstream.endpoints()[0]?.inFlight).toBe(1);
    await clock.advance(600);
    finish();
    const chunks = await (body as Readable).toArray();
    expect(Buffer.concat(chunks).toString()).toBe('firstlast');
    await until(() => upstream.endpoints()[0]?.inFlight === 0);
    expect(upstream.endpoints()[0]?.latencyMs).toBe(0);
  });

  it('goes by what replicas report', async () => {
    const [busy, free] = await Promise.all(
      [0.9, 0.1].map((utilization) =>
        serverOf((_, response) => {
          const report = `TEXT application_utilization=${utilization}, named_metrics.in_flight=7`;
          sendJson(response, 200, {}, { 'endpoint-load-metrics': report });
        }),
      ),
    );
    if (!busy || !free) throw new Error('two servers');
    const upstream = upstreamAt([busy.address, free.address]);
    await call(upstream, 300, 2);
    expect(busy.requests.length).toBeLessThan(free.requests.length / 2);
    expect(upstream.endpoints().map(({ utilization }) => utilization)).toEqual([0.9, 0.1]);
  });

  it('uses all when all are ejected, and fails fast where there is only one', async () => {
    const failing = () => serverOf((_, response) => sendJson(response, 500, {}));
    const servers = [await failing(), await failing()];
    const options = { circuitMinCalls: 1, circuitOpenMs: 600_000, circuitMaxOpenMs: 600_000, maxAttempts: 1 };
    const upstream = upstreamAt(
      servers.map(({ address }) => address),
      options,
    );
    for (let i = 0; i < 20; i++) expect((await upstream.send(someRequest())).status).toBe(500);
    expect(upstream.endpoints().map(({ isEjected }) => isEjected)).toEqual([true, true]);
    const alone = upstreamAt((await failing()).address, options);
    await alone.send(someRequest());
    await expect(alone.send(someRequest())).rejects.toMatchObject({
      detail: expect.stringMatching(
        /^every endpoint of things is ejected: .* after failures \(the last: internal\), until/,
      ),
    });
  });

  it('lets an ejected endpoint in when it passes a probe, before any call meets it', async () => {
    let isWell = false;
    const server = await serverOf((_, response) => sendJson(response, isWell ? 200 : 500, {}));
    const upstream = upstreamAt(server.address, {
      probePath: '/healthz',
      clock: systemClock,
      probeIntervalMs: 20,
      circuitMinCalls: 1,
      circuitOpenMs: 600_000,
      circuitMaxOpenMs: 600_000,
      circuitProbes: 1,
      maxAttempts: 1,
    });
    await upstream.send(someRequest());
    const probes = () => server.requests.filter(({ url }) => url === '/healthz').length;
    await until(() => probes() >= 3);
    expect(upstream.endpoints()).toMatchObject([{ circuit: 'open', isEjected: true }]);
    isWell = true;
    await until(() => upstream.endpoints()[0]?.circuit === 'half-open');
    const asked = probes();
    expect((await upstream.send(someRequest())).status).toBe(200);
    expect(upstream.endpoints()).toMatchObject([{ circuit: 'closed', isEjected: false }]);
    expect(probes()).toBe(asked);
  });

  it('keeps an endpoint out that fails its probes, however short its circuit is open', async () => {
    const server = await serverOf((_, response) => sendJson(response, 500, {}));
    const options = {
      probePath: '/healthz',
      clock: systemClock,
      probeIntervalMs: 30,
      circuitMinCalls: 1,
      circuitOpenMs: 10,
      maxAttempts: 1,
    };
    const upstream = upstreamAt(server.address, options);
    await upstream.send(someRequest());
    await until(() => server.requests.filter(({ url }) => url === '/healthz').length >= 3);
    await expect(upstream.send(someRequest())).rejects.toMatchObject({ code: 'unavailable', isUnprocessed: true });
    expect(upstream.endpoints()[0]?.isEjected).toBe(true);
    expect(server.requests.filter(({ url }) => url !== '/healthz')).toHaveLength(1);
  });

  it('still uses all when none of them passes its probe', async () => {
    const servers = await Promise.all(
      [0, 1].map(async () => {
        let isFirst = true;
        return serverOf(({ url }, response) => {
          sendJson(response, isFirst || url === '/healthz' ? 500 : 200, {});
          isFirst = false;
        });
      }),
    );
    const options = {
      probePath: '/healthz',
      clock: systemClock,
      probeIntervalMs: 10,
      circuitMinCalls: 1,
      circuitOpenMs: 20,
      circuitProbes: 1,
      maxAttempts: 1,
    };
    const upstream = upstreamAt(
      servers.map(({ address }) => address),
      options,
    );
    for (let i = 0; i < 2; i++) expect((await upstream.send(someRequest())).status).toBe(500);
    // Calls that are sent all the same close both circuits again.
    const isOpen = () => upstream.endpoints().some(({ circuit }) => circuit !== 'closed');
    while (isOpen()) expect((await upstream.send(someRequest())).status).toBe(200);
    expect(upstream.endpoints()).toMatchObject([
      { circuit: 'closed', isEjected: true },
      { circuit: 'closed', isEjected: true },
    ]);
  });

  it('opens connections to its subset only', async () => {
    const servers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const server = new RawServer((socket) => socket.write(httpReply('{}')));
        closeAfterTest(server);
        return { server, address: await server.listen() };
      }),
    );
    const where = servers.map(({ address }) => address);
    const upstream = upstreamAt(where, { subsetSize: 2, minConnections: 1, clientId: 'me' });
    const connected = () => servers.filter(({ server }) => server.connections > 0).map(({ address }) => address);
    await until(() => connected().length === 2);
    await call(upstream, 50);
    expect(connected()).toEqual(upstream.endpoints().map(({ address }) => address));
    const same = upstreamAt(where.toReversed(), { subsetSize: 2, minConnections: 1, clientId: 'me' });
    await call(same, 10);
    expect(connected()).toHaveLength(2);
  });

  it('stays in its zone, and starts slowly what appears later', async () => {
    const servers = await Promise.all(
      Array.from({ length: 7 }, () => serverOf((_, response) => sendJson(response, 200, {}))),
    );
    const folder = await mkdtemp(join(tmpdir(), 'parley-'));
    closeAfterTest({ close: () => rm(folder, { recursive: true }) });
    const path = join(folder, 'things.json');
    const entries = servers.map(({ address: url }, index) => ({ url, zone: index % 2 ? 'b' : 'a' }));
    await writeFile(path, JSON.stringify(entries.slice(0, 6)));
    const clock = new VirtualClock();
    const upstream = upstreamAt(`file:${path}`, { zone: 'a', slowStartMs: 600_000, clock });
    await call(upstream, 100);
    for (const [index, { requests }] of servers.entries())
      expect([index, requests.length > 0]).toEqual([index, index % 2 === 0 && index < 6]);
    await writeFile(path, JSON.stringify(entries));
    await eventually(async () => {
      await clock.advance(1_000);
      return upstream.endpoints().length === 7;
    });
    expect(upstream.endpoints().map(({ zone }) => zone)).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'a']);
    await call(upstream, 400);
    const late = servers[6]?.requests.length ?? 0;
    expect(late).toBeGreaterThan(0); // the first attempt, to learn from
    expect(late).toBeLessThan(90); // an even share is 100
  });
});
