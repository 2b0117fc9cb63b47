import { getEventListeners } from 'node:events';
import { afterEach, expect, it } from '@jest/globals';
import { createUpstream, type Upstream, type UpstreamOptions } from '@parley/client';
import { isCallError } from '@parley/contract';
import { certificateAuthority } from '../../../packages/client/test-fixtures/certificates.ts';
import { answer, http2Server } from '../../../packages/client/test-fixtures/http2-server.ts';
import { someRequest } from '../../../packages/client/test-fixtures/sample.ts';
import { eventually } from '../../eventually.ts';

const impatientCalls = {
  h2c: 4_000,
  // Too few for the server to end the connection: over TLS Node then keeps the TCP connection open, and silent.
  TLS: 800,
};
const impatientAtOnce = 60;
const innocentAtOnce = 25;

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

/** Answers after up to 60 ms. Node's own server ends a connection on which too many streams are reset. */
async function slowUpstream(kind: string): Promise<{ upstream: Upstream; opened: () => number }> {
  const authority = kind === 'TLS' ? await certificateAuthority() : undefined;
  const tls = await authority?.issue({ names: ['127.0.0.1'] });
  const server = await http2Server(
    (stream) => void setTimeout(answer, 60 * Math.random(), stream),
    tls ? { tls } : undefined,
  );
  const options: Partial<UpstreamOptions> = { http: '2', ...(authority && { tls: { ca: authority.ca } }) };
  const upstream = createUpstream('slow', server.address, options);
  ends.push(
    () => server.close(),
    () => upstream.close(),
  );
  return { upstream, opened: () => server.counts().opened };
}

it.each(['h2c', 'TLS'] as const)(
  'many calls with a limit of 20 ms fail no other call, and none is cancelled: %s',
  async (kind) => {
    const { upstream, opened } = await slowUpstream(kind);
    const tally: Record<string, number> = {};
    const call = async (name: string, timeoutMs: number) => {
      const code = await upstream.send(someRequest({ timeoutMs })).then(
        ({ status }) => String(status),
        (error) => (isCallError(error) ? error.code : 'a bug'),
      );
      tally[`${name} ${code}`] = (tally[`${name} ${code}`] ?? 0) + 1;
    };

    let [left, isOver] = [impatientCalls[kind], false];
    const innocent = Array.from({ length: innocentAtOnce }, async () => {
      while (!isOver) await call('innocent', 10_000);
    });
    const impatient = Array.from({ length: impatientAtOnce }, async () => {
      while (left-- > 0) await call('impatient', 20);
    });
    await Promise.all(impatient);
    isOver = true;
    await Promise.all(innocent);
    console.info(`${kind}: ${JSON.stringify({ ...tally, connections: opened() })}`);

    const others = Object.keys(tally).filter((name) => /^innocent (?!200)|cancelled|a bug/.test(name));
    expect(others).toEqual([]);
    expect(tally['innocent 200']).toBeGreaterThanOrEqual(innocentAtOnce);
    const late = (tally['impatient deadline_exceeded'] ?? 0) + (tally['impatient attempt_timeout'] ?? 0);
    expect(late).toBeGreaterThan(impatientCalls[kind] / 4);
    expect(upstream.endpoints()[0]).toMatchObject({ circuit: 'closed', isEjected: false, inFlight: 0 });
  },
  60_000,
);

it('calls that were given up leave nothing behind', async () => {
  const { upstream } = await slowUpstream('h2c');
  const { signal } = new AbortController();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const timersBefore = timers();
  let left = 4_000;
  const givingUp = Array.from({ length: 400 }, async () => {
    while (left-- > 0) await upstream.send(someRequest({ timeoutMs: 5, context: { signal } })).catch(() => {});
  });
  await Promise.all(givingUp);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  expect(upstream.endpoints()[0]?.inFlight).toBe(0);
  await eventually(() => {
    const { queued = 1, running = 1, pending = 1 } = upstream.endpoints()[0]?.connections ?? {};
    // Those of the connections that are open, at both ends: pings, their age and idleness.
    return queued + running + pending === 0 && timers() - timersBefore < 100 ? true : undefined;
  });
  console.info(JSON.stringify({ timers: timers() - timersBefore, ...upstream.endpoints()[0]?.connections }));
}, 60_000);
