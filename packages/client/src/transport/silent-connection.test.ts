import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { blackHole } from '../../test-fixtures/black-hole.ts';
import { certificateAuthority } from '../../test-fixtures/certificates.ts';
import { answer, http2Server, type StreamBehaviour } from '../../test-fixtures/http2-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import { createUpstream } from '../upstream.ts';
import { destroyWhenSilent, pingIntervalMs } from './silent-connection.ts';

describe('destroyWhenSilent', () => {
  let socket: Socket;
  let heardBytes: number;
  let error: Error | undefined;
  let end: () => void;
  let retired: number;
  beforeEach(() => {
    jest.useFakeTimers();
    heardBytes = 100;
    error = undefined;
    socket = new Socket().on('error', (given) => {
      error = given;
    });
    Object.assign(socket, { alpnProtocol: 'h2' });
    Object.defineProperty(socket, 'bytesRead', { get: () => heardBytes });
    retired = 0;
    end = destroyWhenSilent(socket, () => retired++);
  });
  afterEach(() => {
    socket.destroy();
    jest.useRealTimers();
  });
  const pass = (intervals: number) => jest.advanceTimersByTimeAsync(intervals * pingIntervalMs);

  it('gives a connection five pings', async () => {
    await pass(4.9);
    expect(socket.destroyed).toBe(false);
    await pass(0.1);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', message: 'the server answers no pings' });
  });

  it('lets nothing new onto it after two', async () => {
    await pass(1.9);
    expect(retired).toBe(0);
    await pass(0.1);
    expect(retired).toBe(1);
    await pass(3);
    expect(retired).toBe(1);
  });

  it('keeps a connection that answers some of them', async () => {
    for (let i = 0; i < 20; i++) {
      await pass(4);
      heardBytes += 17;
    }
    expect(socket.destroyed).toBe(false);
  });

  it('watches until it is stopped', async () => {
    end();
    await pass(20);
    expect(socket.destroyed).toBe(false);
  });

  it('leaves no timer behind', async () => {
    expect(jest.getTimerCount()).toBe(1);
    socket.destroy();
    await pass(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('an HTTP/2 connection', () => {
  const closeables: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const closeable of closeables.splice(0).reverse()) await closeable.close();
  });
  const slowly: StreamBehaviour = (stream, path, session) => {
    if (path === '/leaving') session.close();
    setTimeout(answer, path === '/api/things/7' || path === somePost().path ? 0 : 7_000, stream);
  };

  async function reached(kind: 'http' | 'https') {
    const authority = await certificateAuthority();
    const pair = await authority.issue({ names: ['127.0.0.1'] });
    const server = await http2Server(slowly, kind === 'https' ? { tls: pair } : {});
    const network = await blackHole(server.address);
    const limits = { attemptTimeoutMs: 10_000, callTimeoutMs: 10_000, maxAttempts: 1, circuitMinCalls: 100 };
    const tls = kind === 'https' && { tls: { ca: authority.ca } };
    const upstream = createUpstream('things', network.address, { http: '2', ...limits, ...tls });
    closeables.push(server, network, upstream);
    await upstream.send(someRequest());
    return { server, network, upstream };
  }

  it('is replaced when it is dead, and kept while the server thinks, or says GOAWAY and finishes', async () => {
    const dead = await Promise.all([reached('http'), reached('https')]);
    const alive = await Promise.all([reached('http'), reached('https')]);
    const leaving = await Promise.all([reached('http'), reached('https')]);
    const thoughts = [
      ...alive.map(({ upstream }) => upstream.send(someRequest({ path: '/slow' }))),
      ...leaving.map(({ upstream }) => upstream.send(somePost({ path: '/leaving' }))),
    ];
    for (const { network } of dead) network.swallow();
    const lost = await Promise.all(dead.map(({ upstream }) => rejection(upstream.send(somePost()))));
    const expected = { code: 'unavailable', isUnprocessed: false, detail: 'the connection broke (ETIMEDOUT)' };
    expect(lost).toMatchObject([expected, expected]);
    for (const { server, upstream } of dead) {
      expect((await upstream.send(somePost())).status).toBe(200);
      expect(server.counts().opened).toBe(2);
    }
    expect((await Promise.all(thoughts)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(alive.map(({ server }) => server.counts().opened)).toEqual([1, 1]);
  }, 20_000);
});
