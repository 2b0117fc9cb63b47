import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { certificateFiles } from '../../test-fixtures/certificate-files.ts';
import { type ChildService, startChild } from '../../test-fixtures/child-service.ts';
import { ask, http2Session, RefusedStream } from '../../test-fixtures/http2-client.ts';
import { type OneConnection, wires } from '../../test-fixtures/one-connection.ts';
import { drain } from './drain.ts';
import { trackConnections } from './track-connections.ts';

/** Connects on a signal, signals that it has a moment later, and posts the reply. */
const connecting = `
  const { connect } = require('node:net');
  const { parentPort, workerData: { flags, port } } = require('node:worker_threads');
  Atomics.wait(flags, 0, 0);
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n');
    setTimeout(() => { Atomics.store(flags, 1, 1); Atomics.notify(flags, 1); }, 20);
  });
  socket.once('data', (bytes) => parentPort.postMessage(String(bytes)));
  socket.once('error', ({ code }) => parentPort.postMessage(code));
`;

const children: ChildService[] = [];

async function started(env: Record<string, string> = {}) {
  const child = startChild({ GREETING: 'hello', ...env });
  children.push(child);
  const { port, adminPort } = (await child.line('listening')) as { port: number; adminPort: number };
  return { child, port, adminPort };
}

async function get(port: number, path: string, agent?: Agent) {
  const sent = request({ host: '127.0.0.1', port, path, ...(agent && { agent }) }).end();
  const [reply] = await once(sent, 'response');
  return {
    status: reply.statusCode as number,
    connection: reply.headers.connection as string,
    body: await text(reply),
  };
}

describe('drain', () => {
  afterEach(() => {
    for (const { process } of children.splice(0)) process.kill('SIGKILL');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('fails no request under steady traffic at %s', async (signal) => {
    const { child, port, adminPort } = await started({ DRAIN_DELAY_MS: '400' });
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    let isReady = true;
    let isSignalled = false;
    const replies: { status: number; connection: string; isLate: boolean }[] = [];
    // As a balancer: asks readyz, and sends nothing more once it is not 200.
    const watch = async () => {
      while (isReady) {
        isReady = (await get(adminPort, '/readyz')).status === 200;
        await wait(100);
      }
    };
    const traffic = async () => {
      while (isReady) {
        const isLate = isSignalled;
        replies.push({ ...(await get(port, '/api/wait?ms=2', agent)), isLate });
      }
    };
    const all = Promise.all([watch(), traffic(), traffic(), traffic(), traffic()]);
    await wait(150);
    isSignalled = child.process.kill(signal);
    await all;
    expect(await child.ended).toEqual({ code: 0, stderr: '' });
    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
    expect(replies.filter(({ isLate }) => isLate).length).toBeGreaterThan(0);
    expect(replies.at(-1)?.connection).toBe('close');
    agent.destroy();
  });

  describe.each(wires)('%s', (_, open) => {
    async function connected(env: Record<string, string>) {
      const wire = await open();
      const { child, port, adminPort } = await started({ ...env, ...wire.env });
      const connections: OneConnection[] = [];
      const connect = () => {
        const connection = wire.connect(port);
        connections.push(connection);
        return connection;
      };
      const close = () => {
        for (const connection of connections) connection.close();
        wire.remove();
      };
      return { child, adminPort, connect, connection: connect(), close };
    }

    it('is not ready but alive at once', async () => {
      const { child, adminPort, close } = await connected({ DRAIN_DELAY_MS: '60000' });
      expect((await get(adminPort, '/readyz')).status).toBe(200);
      child.process.kill('SIGTERM');
      await child.line('draining');
      expect((await get(adminPort, '/readyz')).status).toBe(503);
      expect((await get(adminPort, '/livez')).status).toBe(200);
      close();
    });

    it('serves new connections until its delay is over, and asks them to leave', async () => {
      const { child, connect, close } = await connected({ DRAIN_DELAY_MS: '1000' });
      child.process.kill('SIGTERM');
      await child.line('draining');
      const late = Array.from({ length: 4 }, connect);
      for (const connection of late) expect((await connection.get('/api/wait')).status).toBe(200);
      expect((await child.ended).code).toBe(0);
      for (const connection of late) expect(connection.isToLeave()).toBe(true);
      close();
    });

    async function drainedDuringRequest() {
      const { child, connection, close } = await connected({ DRAIN_DELAY_MS: '0' });
      await connection.get('/api/wait');
      const slow = connection.get('/api/wait?ms=400');
      await wait(100);
      child.process.kill('SIGTERM');
      const reply = await slow;
      expect((await child.ended).code).toBe(0);
      return { child, connection, reply, close };
    }

    it('finishes a request in flight, and asks its client to leave', async () => {
      const { connection, reply, close } = await drainedDuringRequest();
      expect(reply).toMatchObject({ status: 200, body: '{"greeting":"hello"}' });
      expect(connection.isToLeave()).toBe(true);
      close();
    });

    it('closes what it used after the last request, in order', async () => {
      const { child, close } = await drainedDuringRequest();
      // By their times: the logger writes later than console.log does.
      const messages = ['asked to stop', 'draining', 'request', 'closed first', 'closed second', 'stopped'];
      const timeOf = (message: string) => String(child.lines.findLast(({ msg }) => msg === message)?.time);
      const times = messages.map(timeOf);
      expect(times).not.toContain('undefined');
      expect(times).toEqual(times.toSorted());
      expect(child.lines.findIndex(({ msg }) => msg === 'closed first')).toBeLessThan(
        child.lines.findIndex(({ msg }) => msg === 'closed second'),
      );
      close();
    });

    it('waits for a stuck request no longer than DRAIN_TIMEOUT_MS', async () => {
      const { child, connection, close } = await connected({ DRAIN_DELAY_MS: '0', DRAIN_TIMEOUT_MS: '200' });
      await connection.get('/api/wait');
      const stuck = expect(connection.get('/api/wait?ms=60000')).rejects.toThrow();
      await wait(100);
      const startMs = performance.now();
      child.process.kill('SIGTERM');
      await stuck;
      // The handler's own timer still runs: the process leaves all the same.
      expect((await child.ended).code).toBe(0);
      expect(performance.now() - startMs).toBeLessThan(3000);
      expect(child.lines).toContainEqual(expect.objectContaining({ cutOff: 1 }));
      close();
    });
  });

  it('refuses new connections after its delay, while a request is in flight', async () => {
    const { child, port } = await started({ DRAIN_DELAY_MS: '0' });
    const slow = get(port, '/api/wait?ms=3000');
    await wait(100);
    child.process.kill('SIGTERM');
    await child.line('draining');
    const refused = async (): Promise<unknown> => {
      for (;;) {
        const answer = await get(port, '/api/wait').catch(({ code }) => code);
        if (typeof answer === 'string') return answer;
      }
    };
    expect(await refused()).toBe('ECONNREFUSED');
    expect(child.process.exitCode).toBeNull();
    expect((await slow).status).toBe(200);
    expect(await child.ended).toEqual({ code: 0, stderr: '' });
  });

  it('answers what arrives on an idle connection while the event loop is busy', async () => {
    const { child, port } = await started({ DRAIN_DELAY_MS: '0' });
    const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
    for (const agent of agents) await get(port, '/api/wait', agent);
    // New, so that its request is waited for: until then no idle connection is closed.
    const newcomer = connect(port, '127.0.0.1').on('error', () => {});
    await once(newcomer, 'connect');
    child.process.kill('SIGTERM');
    await child.line('draining');
    await wait(100);
    const busy = get(port, '/api/block?ms=1000', agents[0]);
    await wait(200);
    const { status, connection } = await get(port, '/api/wait', agents[1]);
    expect({ status, connection }).toEqual({ status: 200, connection: 'close' });
    expect((await busy).status).toBe(200);
    expect(await child.ended).toEqual({ code: 0, stderr: '' });
  });

  it('writes every line of its log before it is gone', async () => {
    const { child, port } = await started({ DRAIN_DELAY_MS: '0' });
    for (let n = 0; n < 50; n++) await get(port, '/api/wait');
    child.process.kill('SIGTERM');
    expect((await child.ended).code).toBe(0);
    expect(child.lines.filter(({ msg }) => msg === 'request')).toHaveLength(50);
    // The last line of the service's own logger: its closeables print by console.log.
    expect(child.lines.findLast(({ level }) => level)?.msg).toBe('stopped');
  });

  it.each(['cleartext', 'TLS'])('fails no request over HTTP/2, %s, under steady traffic', async (kind) => {
    const tls = kind === 'TLS' ? await certificateFiles() : undefined;
    const { child, port } = await started({ DRAIN_DELAY_MS: '1000', ...tls?.env });
    const url = tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
    const client = http2Session(url, tls?.client);
    const statuses: number[] = [];
    // As a client should: sends until GOAWAY, and waits for its replies.
    const traffic = async () => {
      while (!client.closed) {
        try {
          statuses.push((await ask(client, { ':path': '/api/wait?ms=20' })).status);
        } catch (error) {
          // Crossed the GOAWAY on its way.
          if (!(error instanceof RefusedStream && client.closed)) throw error;
        }
      }
    };
    await ask(client, { ':path': '/api/wait' });
    const all = Promise.all([traffic(), traffic(), traffic()]);
    await wait(200);
    const slow = ask(client, { ':path': '/api/wait?ms=1200' });
    await wait(100);
    child.process.kill('SIGTERM');
    await all;
    expect((await slow).status).toBe(200);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(statuses.length).toBeGreaterThan(5);
    expect(await child.ended).toEqual({ code: 0, stderr: '' });
    tls?.remove();
  });

  it('serves a connection that arrived while it was about to stop accepting', async () => {
    const server = createServer((_req, res) => res.end('x'));
    const connections = trackConnections(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const flags = new Int32Array(new SharedArrayBuffer(8));
    // On another thread: this one does nothing else until its connection waits to be accepted.
    const caller = new Worker(connecting, { eval: true, workerData: { flags, ...(server.address() as AddressInfo) } });
    const reply = once(caller, 'message');
    await once(caller, 'online');
    const { logger } = capturedLog();
    const drained = drain({
      connections,
      adminServer: createServer(),
      closeables: [],
      drainDelayMs: 0,
      drainTimeoutMs: 5000,
      logger,
    });
    Atomics.store(flags, 0, 1);
    Atomics.notify(flags, 0);
    Atomics.wait(flags, 1, 0, 10_000);
    expect(String(await reply)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    await drained;
  });

  it('goes on where a closeable hangs or fails', async () => {
    const { logger, lines } = capturedLog();
    const close = jest.fn<() => void>();
    await drain({
      connections: trackConnections(createServer()),
      adminServer: createServer(),
      closeables: [{ close: () => new Promise(() => {}) }, { close: () => Promise.reject(new Error('no')) }, { close }],
      drainDelayMs: 0,
      drainTimeoutMs: 0,
      closeTimeoutMs: 20,
      logger,
    });
    expect(close).toHaveBeenCalledTimes(1);
    expect(lines.flatMap(({ err }) => err ?? [])).toMatchObject([
      { message: 'not closed in 20 ms' },
      { message: 'no' },
    ]);
  });

  it('exits at once with 1 at a second signal', async () => {
    const { child } = await started({ DRAIN_DELAY_MS: '60000' });
    child.process.kill('SIGTERM');
    await child.line('draining');
    child.process.kill('SIGINT');
    expect((await child.ended).code).toBe(1);
  });
});
