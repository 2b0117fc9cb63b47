import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, jest } from '@jest/globals';
import { isConfigMistake } from '@parley/contract';
import { closeAfterTest } from '../test-fixtures/close-after-test.ts';
import { HeldAnswers } from '../test-fixtures/held-answers.ts';
import { httpServer, sendJson } from '../test-fixtures/http-server.ts';
import { heldBy } from '../test-fixtures/pooled-upstream.ts';
import { type Behaviour, deadAddress, httpReply, RawServer, until } from '../test-fixtures/raw-server.ts';
import { rejection, somePost, someRequest } from '../test-fixtures/sample.ts';
import { shiftedClock } from '../test-fixtures/shifted-clock.ts';
import type { UpstreamOptions } from './options/upstream-options.ts';
import { seededRandom } from './testing/seeded-random.ts';
import { createUpstream } from './upstream.ts';

async function serverOf(behave: Behaviour) {
  const server = new RawServer(behave);
  closeAfterTest(server);
  return { server, address: await server.listen() };
}

function upstreamAt(where: string | readonly string[], options: Partial<UpstreamOptions> = {}) {
  const upstream = createUpstream('things', where, options);
  closeAfterTest(upstream);
  return upstream;
}

const ok: Behaviour = (socket) => socket.write(httpReply('{}'));

describe('createUpstream', () => {
  it('refuses what is not valid at once', () => {
    expect(() => createUpstream('things', 'nowhere')).toThrow('expected http://host:port');
    expect(() => createUpstream('things', 'http://a', { maxAttempts: 0 })).toThrow('maxAttempts must be');
  });

  it('fails no call, a POST neither, while one of two endpoints is dead', async () => {
    const { address } = await serverOf(ok);
    const dead = await deadAddress();
    const upstream = upstreamAt([dead, address], { random: seededRandom(), circuitMinCalls: 1, circuitOpenMs: 30_000 });
    for (let i = 0; i < 50; i++) {
      expect((await upstream.send(i % 2 ? somePost() : someRequest())).status).toBe(200);
    }
    const circuits = upstream.endpoints().map(({ address, circuit }) => [address, circuit]);
    expect(circuits).toEqual([
      [dead, 'open'],
      [address, 'closed'],
    ]);
  });

  it('says unavailable, never processed, when all are dead', async () => {
    const upstream = upstreamAt([await deadAddress(), await deadAddress()], {
      backoffBaseMs: 1,
      circuitOpenMs: 30_000,
    });
    for (let i = 0; i < 30; i++) {
      expect(await rejection(upstream.send(somePost()))).toMatchObject({ code: 'unavailable', isUnprocessed: true });
    }
    expect(upstream.endpoints().map(({ circuit }) => circuit)).toEqual(['open', 'open']);
  });

  it('tells of calls, attempts and circuits', async () => {
    const dead = await deadAddress();
    const upstream = upstreamAt(dead, { backoffBaseMs: 1, circuitMinCalls: 3 });
    const listener = { onCall: jest.fn(), onAttempt: jest.fn(), onCircuit: jest.fn() };
    const end = upstream.subscribe(listener);
    await rejection(upstream.send(someRequest()));
    end();
    await rejection(upstream.send(someRequest()));
    const about = { upstream: 'things', operation: 'GET /api/things/{id}', code: 'unavailable' };
    expect(listener.onCall.mock.calls).toEqual([[expect.objectContaining({ ...about, attempts: 3 })]]);
    expect(listener.onAttempt).toHaveBeenCalledTimes(3);
    expect(listener.onAttempt).toHaveBeenLastCalledWith(
      expect.objectContaining({ ...about, endpoint: dead, attempts: 3 }),
    );
    expect(listener.onCircuit.mock.calls).toEqual([
      [{ upstream: 'things', endpoint: dead, state: 'open', reason: 'failures' }],
    ]);
  });

  it('works as without listeners where every listener throws', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    let isUp = false;
    const { address } = await serverOf((socket) =>
      socket.write(isUp ? httpReply('{}') : httpReply('{}', { status: '503 Service Unavailable' })),
    );
    const upstream = upstreamAt(address, { circuitOpenMs: 50, circuitProbes: 2, backoffBaseMs: 1 });
    const bug = (): never => {
      throw new Error('a bug in a metric');
    };
    upstream.subscribe({ onCall: bug, onAttempt: bug, onCircuit: bug });
    while (upstream.endpoints()[0]?.circuit !== 'open') expect((await upstream.send(somePost())).status).toBe(503);
    isUp = true;
    await until(() => upstream.endpoints()[0]?.circuit === 'half-open');
    for (let i = 0; i < 2; i++) expect((await upstream.send(somePost())).status).toBe(200);
    expect(upstream.endpoints()[0]?.circuit).toBe('closed');
    expect(warned.mock.calls.length).toBeGreaterThan(10);
    warned.mockRestore();
  });

  it('lets an operator force the circuit of an endpoint', async () => {
    const [a, b] = [await serverOf(ok), await serverOf(ok)];
    const upstream = upstreamAt([a.address, b.address], { slowStartMs: 0 });
    const onCircuit = jest.fn();
    upstream.subscribe({ onCircuit });
    expect(() => upstream.circuit('http://other')).toThrow(`expected one of ${a.address}`);
    await upstream.send(somePost());
    const sent = a.server.requests.length;
    upstream.circuit(a.address).forceOpen();
    for (let i = 0; i < 20; i++) await upstream.send(somePost());
    expect(a.server.requests).toHaveLength(sent);
    expect(upstream.endpoints()[0]?.circuit).toBe('forced-open');
    upstream.circuit(b.address).forceClose();
    upstream.circuit(a.address).auto();
    // It may look slower than the other for a while.
    for (let i = 0; i < 2_000 && a.server.requests.length <= 5; i++) await upstream.send(somePost());
    expect(a.server.requests.length).toBeGreaterThan(5);
    expect(onCircuit.mock.calls.map(([change]) => change)).toMatchObject([
      { upstream: 'things', endpoint: a.address, state: 'forced-open' },
      { upstream: 'things', endpoint: b.address, state: 'forced-closed' },
      { upstream: 'things', endpoint: a.address, state: 'half-open' },
      { upstream: 'things', endpoint: a.address, state: 'closed' },
    ]);
    expect(() => upstream.circuit('http://nowhere:1')).toThrow(
      new TypeError(`unknown endpoint http://nowhere:1: expected one of ${a.address}, ${b.address}`),
    );
  });

  it('counts attempts under way per endpoint', async () => {
    const held = new HeldAnswers();
    const { address } = await serverOf(heldBy(held));
    const upstream = upstreamAt(address);
    const calls = [1, 2, 3].map(() => upstream.send(someRequest()));
    await until(() => held.count === 3);
    expect(upstream.endpoints()[0]?.inFlight).toBe(3);
    held.open();
    await Promise.all(calls);
    const counts = () => upstream.endpoints()[0]?.connections;
    await until(() => counts()?.idle === counts()?.open);
    const [endpoint] = upstream.endpoints();
    expect(endpoint).toMatchObject({ address, circuit: 'closed', inFlight: 0, weight: 1 });
    expect(endpoint?.connections).toMatchObject({
      pending: 0,
      queued: 0,
      running: 0,
      closedByAge: 0,
    });
  });

  it('sends identical calls once where they may share, and each where an interceptor may tell them apart', async () => {
    const { server, address } = await serverOf(ok);
    const upstream = upstreamAt(address, { singleFlight: true });
    const callTen = () => Promise.all(Array.from({ length: 10 }, () => upstream.send(someRequest())));
    expect((await callTen()).map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(server.requests).toHaveLength(1);
    upstream.interceptors.request.use((config) => config);
    await callTen();
    expect(server.requests).toHaveLength(11);
  });

  it('frees the socket of a request when its caller has left', async () => {
    const { server, address } = await serverOf(() => {});
    const upstream = upstreamAt(address, { singleFlight: true });
    const callers = [new AbortController(), new AbortController()];
    const calls = callers.map(({ signal }) => rejection(upstream.send(someRequest({ context: { signal } }))));
    await until(() => server.requests.length === 1);
    for (const caller of callers) caller.abort();
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['cancelled', 'cancelled']);
    await until(() => server.sockets.size === 0);
  });

  it('has no more under way than its concurrency limit, and tells how it stands', async () => {
    const held = new HeldAnswers();
    const { address } = await serverOf(heldBy(held));
    const upstream = upstreamAt(address, { concurrencyLimit: 3 });
    const calls = Array.from({ length: 21 }, () => upstream.send(someRequest()));
    expect(upstream.concurrency()).toEqual({ limit: 3, inFlight: 3, queued: 18 });
    for (let batch = 0; batch < 7; batch++) {
      await until(() => held.count >= 3);
      expect(held.count).toBe(3);
      held.release();
    }
    await Promise.all(calls);
    expect(upstream.concurrency()).toEqual({ limit: 3, inFlight: 0, queued: 0 });
  });

  it('lets calls that wait begin as soon as its limit is raised', async () => {
    const held = new HeldAnswers();
    const { address } = await serverOf(heldBy(held));
    const upstream = upstreamAt(address, { maxConnections: 1 });
    const calls = Array.from({ length: 3 }, () => upstream.send(someRequest()));
    await until(() => held.count === 1);
    expect(upstream.concurrency()).toEqual({ limit: 1, inFlight: 1, queued: 2 });
    upstream.configure({ maxConnections: 3 });
    await until(() => held.count === 3);
    held.open();
    await Promise.all(calls);
  });

  it('lets calls that wait for a place finish when it is closed', async () => {
    const { server, address } = await serverOf(ok);
    const upstream = upstreamAt(address, { concurrencyLimit: 1 });
    const calls = Array.from({ length: 5 }, () => upstream.send(someRequest()));
    await upstream.close();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(5).fill(200));
    await until(() => server.sockets.size === 0);
  });

  it('answers at the pace of the quick endpoint where another hangs now and then, and ends what it hedged', async () => {
    let isHanging = false;
    let left = 0;
    const { address: a, server } = await serverOf((socket, head) => {
      if (!isHanging) return ok(socket, head);
      socket.on('close', () => left++);
    });
    const { address: b } = await serverOf(ok);
    const clock = shiftedClock();
    const options = {
      hedgeRatio: 0.02,
      random: seededRandom(),
      callTimeoutMs: 20_000,
      attemptTimeoutMs: 15_000,
      clock,
    };
    const upstream = upstreamAt([a, b], options);
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, () => upstream.send(someRequest())));
    clock.shift(3_000);
    isHanging = true;
    const seen = server.requests.length;
    const startedAt = performance.now();
    while (server.requests.length === seen) expect((await upstream.send(someRequest())).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(10_000); // no attempt was waited for
    await until(() => left === 1);
    expect(upstream.endpoints().map(({ circuit, inFlight }) => [circuit, inFlight])).toEqual([
      ['closed', 0],
      ['closed', 0],
    ]);
  });

  it('finds its endpoints by DNS', async () => {
    const { address } = await serverOf(ok);
    const upstream = upstreamAt(address.replace('http://127.0.0.1', 'dns://localhost'));
    expect((await upstream.send(someRequest())).status).toBe(200);
    expect(upstream.endpoints().map(({ address }) => address)).toContain(address);
  });

  it('uses a new endpoint, and lets calls to a removed endpoint finish', async () => {
    const held = new HeldAnswers();
    const slow = await serverOf((socket) => held.hold(() => socket.write(httpReply('{"from":"slow"}'))));
    const next = await serverOf(ok);
    const folder = await mkdtemp(join(tmpdir(), 'parley-'));
    closeAfterTest({ close: () => rm(folder, { recursive: true }) });
    const path = join(folder, 'things.json');
    await writeFile(path, JSON.stringify([slow.address]));
    const upstream = upstreamAt(`file:${path}`, { maxAttempts: 1 });
    const underWay = upstream.send(someRequest());
    await until(() => slow.server.requests.length === 1);
    await writeFile(path, JSON.stringify([next.address]));
    await until(() => upstream.endpoints()[0]?.address === next.address);
    expect((await upstream.send(someRequest())).body).toBe('{}');
    held.open();
    expect((await underWay).body).toBe('{"from":"slow"}');
    expect(upstream.endpoints()).toHaveLength(1);
    await until(() => slow.server.sockets.size === 0);
  });

  it('opens warm connections as soon as addresses are known', async () => {
    const { server, address } = await serverOf(ok);
    upstreamAt(address.replace('http://127.0.0.1', 'dns://localhost'), { minConnections: 2 });
    await until(() => server.connections === 2);
  });

  it('refuses certificates for endpoints that would not be asked for theirs', () => {
    const bare = ['http://a', 'HTTP://a', 'ht\ttp://a', 'unix:/run/a.sock', 'dns://a:1', 'dns+HTTP://a:1', 'srv://a'];
    for (const where of bare) {
      for (const list of [where, ...(/^(dns|srv)/.test(where) ? [] : [`https://b,${where}`, ['https://b', where]])]) {
        expect(() => createUpstream('things', list, { tls: {} })).toThrow(
          `tls is for endpoints with https: in their address, got ${JSON.stringify(where)}: write https:`,
        );
      }
    }
  });

  it.each(['https://a', 'HTTPS://a/v1', 'dns+HTTPS://a:1', 'srv+https://a', 'file:/list.json'])(
    'takes certificates for %s',
    async (where) => {
      await createUpstream('things', where, { tls: {} }).close();
    },
  );

  it.each<[unknown, string, object?]>([
    ['htp:/foo', 'got "htp:/foo": correct the address'],
    ['', 'got "": correct the address'],
    [undefined, 'got undefined: set its address'],
    [null, 'got null: set its address'],
    [['http://a', undefined], 'got undefined: set its address'],
    [new URL('http://a'), 'got object: set its address'],
    ['http://a,http://b/v1', 'open an upstream for each'],
    ['http://a', 'write https:, or leave tls out', { tls: {} }],
    ['https://a', '/no/such/file cannot be read (ENOENT)', { tls: { ca: { file: '/no/such/file' } } }],
  ])('calls %j a mistake of configuration, which run() prints without a stack', (where, sentence, options = {}) => {
    let error: unknown;
    try {
      createUpstream('things', where as string, options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toContain(sentence);
    expect(isConfigMistake(error)).toBe(true);
  });

  it('calls a wrong option a mistake in the code', () => {
    const wrong = () => createUpstream('things', 'http://a', { maxAttempts: 0 });
    expect(wrong).toThrow(TypeError);
    try {
      wrong();
    } catch (error) {
      expect(isConfigMistake(error)).toBe(false);
    }
  });

  it('says unavailable where the name is not known', async () => {
    const upstream = upstreamAt('dns://no-such-name.invalid:80', { backoffBaseMs: 1 });
    const error = await rejection(upstream.send(somePost()));
    expect(error).toMatchObject({ code: 'unavailable', detail: 'no address of things is known', isUnprocessed: true });
  });

  describe('close', () => {
    it('lets calls under way finish, closes all sockets, and takes no more calls', async () => {
      const held = new HeldAnswers();
      const { server, address } = await serverOf(heldBy(held));
      const upstream = upstreamAt(address);
      const calls = [1, 2, 3].map(() => upstream.send(someRequest()));
      await until(() => server.requests.length === 3);
      const closing = upstream.close();
      const late = rejection(upstream.send(someRequest()));
      expect(await late).toMatchObject({
        code: 'unavailable',
        detail: 'the upstream things is closed',
        isUnprocessed: true,
      });
      held.open();
      expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
      await closing;
      await until(() => server.sockets.size === 0);
      expect(server.requests).toHaveLength(3);
    });

    it('lets a call under way make the retry that it needs', async () => {
      const failing: string = httpReply('{}', { status: '503 Service Unavailable' });
      const { server, address } = await serverOf((socket) =>
        socket.write(server.requests.length > 1 ? httpReply('{}') : failing),
      );
      const upstream = upstreamAt(address, { backoffBaseMs: 100, random: () => 0.9 });
      const call = upstream.send(someRequest());
      await until(() => server.requests.length === 1);
      await upstream.close();
      expect((await call).status).toBe(200);
    });

    it('is bounded by the deadline of the calls under way', async () => {
      const { server, address } = await serverOf(() => {});
      const upstream = upstreamAt(address, { callTimeoutMs: 200 });
      const call = rejection(upstream.send(someRequest()));
      await until(() => server.requests.length === 1);
      await upstream.close();
      // The last attempt may end too late for another one to fit in.
      expect(['deadline_exceeded', 'attempt_timeout']).toContain((await call).code);
      await until(() => server.sockets.size === 0);
    });

    it('may be called twice, and before anything was sent', async () => {
      const upstream = upstreamAt('dns://localhost:1');
      await Promise.all([upstream.close(), upstream.close()]);
    });
  });

  it('does not keep a process alive that has no call under way', async () => {
    const server = await httpServer((_, response) => sendJson(response, 200, {}));
    closeAfterTest(server);
    const { port } = new URL(server.address);
    const script = `
      import { createUpstream } from '@parley/client';
      for (const where of ['http://127.0.0.1:${port}', 'dns://localhost:${port}']) {
        const { status } = await createUpstream('things', where, { idleConnectionMs: 600_000, dnsRefreshMs: 600_000 }).send({ label: 'GET /', method: 'GET', path: '/', headers: {}, safety: 'safe' });
        console.log(status);
      }
      const dead = createUpstream('dead', 'http://127.0.0.1:1', { circuitMinCalls: 1, circuitOpenMs: 600_000, circuitMaxOpenMs: 600_000, backoffBaseMs: 200 });
      await dead.send({ label: 'GET /', method: 'GET', path: '/', headers: {}, safety: 'safe' }).catch(({ code }) => console.log(code, dead.endpoints()[0].circuit));`;
    const args = ['--conditions=@parley/source', '--input-type=module', '-e', script];
    const child = spawn(process.execPath, args, {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 60_000, // an open socket or timer would hold it for 10 min
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    const [code, signal] = await once(child, 'close');
    expect({ code, signal, printed }).toEqual({ code: 0, signal: null, printed: '200\n200\nunavailable open\n' });
  }, 70_000);

  it('fails no GET of 2000, many at a time, while one endpoint of three resets connections at random', async () => {
    const random = seededRandom(7);
    const flaky: Behaviour = (socket) => (random() < 0.4 ? socket.resetAndDestroy() : socket.write(httpReply('{}')));
    const servers = await Promise.all([serverOf(ok), serverOf(flaky), serverOf(ok)]);
    const upstream = upstreamAt(
      servers.map(({ address }) => address),
      { random: seededRandom(8), callTimeoutMs: 60_000, attemptTimeoutMs: 60_000, connectTimeoutMs: 60_000 },
    );
    let failures = 0;
    let left = 2_000;
    const caller = async () => {
      while (left-- > 0) {
        const status = await upstream.send(someRequest()).then(({ status }) => status, String);
        if (status !== 200) failures++;
      }
    };
    await Promise.all(Array.from({ length: 50 }, caller));
    expect(failures).toBe(0);
    expect(upstream.endpoints().map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
    const [one = 0, bad = 0, other = 0] = servers.map(({ server }) => server.requests.length);
    expect(bad).toBeGreaterThan(10);
    expect(Math.min(one, other)).toBeGreaterThan(500);
  });
});
