import { afterEach, describe, expect, it } from '@jest/globals';
import { blackHole } from '../../test-fixtures/black-hole.ts';
import { certificateAuthority } from '../../test-fixtures/certificates.ts';
import { answer, http2Server, type StreamBehaviour } from '../../test-fixtures/http2-server.ts';
import { rejection, somePost, someRequest } from '../../test-fixtures/sample.ts';
import { createUpstream } from '../upstream.ts';

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
