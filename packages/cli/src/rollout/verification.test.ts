import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/eventually.ts';
import { loopbackCertificate } from '../../../client/test-fixtures/certificates.ts';
import { probeRequest } from './probe-request.ts';
import { sendProbe } from './send-probe.ts';
import { failingProbe, startVerification } from './verification.ts';

interface Asked {
  readonly url: string;
  readonly key: string | undefined;
  readonly body: string;
  readonly cacheControl: string | undefined;
}

let server: Server;
const asked: Asked[] = [];
afterEach(() => {
  asked.length = 0;
  server.close();
  server.closeAllConnections();
});

/** Answers each request by a function; no reply where it gives none. */
async function gateway(answer: (request: Asked) => { status: number; body: string } | undefined): Promise<string> {
  server = createServer(async (request: IncomingMessage, response) => {
    const one: Asked = {
      url: request.url ?? '',
      key: request.headers['idempotency-key'] as string | undefined,
      body: await text(request),
      cacheControl: request.headers['cache-control'],
    };
    asked.push(one);
    const reply = answer(one);
    if (reply) response.writeHead(reply.status).end(reply.body);
    else request.socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const probes = [probeRequest('GET /items'), probeRequest('POST /orders {"name":"probe {n}"}')];

describe('requests that are sent meanwhile', () => {
  it('take turns, each write with a key of its own, which is sent again at the end', async () => {
    const answers = new Map<string, string>();
    const url = await gateway(({ key = '', body }) => {
      answers.set(key, answers.get(key) ?? `${body} ${answers.size}`);
      return { status: 201, body: answers.get(key) ?? '' };
    });
    const verification = startVerification(url, probes, 200);
    await eventually(() => asked.length >= 10);
    const report = await verification.stop();
    expect(report).toMatchObject({ lost: 0, failures: {}, duplicated: 0 });
    const written = asked.filter(({ key }) => key !== undefined);
    expect(new Set(written.map(({ key }) => key)).size).toBe(report.keyed);
    expect(written).toHaveLength(2 * report.keyed);
    // A reply that the gateway has stored would prove nothing.
    expect(asked.filter(({ cacheControl }) => cacheControl !== 'no-store')).toEqual([]);
    // On a busy machine several are sent at a time, and arrive in any order.
    const second = asked.filter(({ body }) => body === '{"name":"probe 2"}');
    expect(second.map(({ url }) => url)).toEqual(['/orders', '/orders']);
  });

  it('are lost where no reply comes, or a failure', async () => {
    let count = 0;
    const problem = '{"type":"urn:parley:problem:upstream_failed"}';
    const url = await gateway(() => {
      count++;
      if (count === 3) return undefined;
      return count === 5 ? { status: 502, body: problem } : { status: 200, body: '' };
    });
    const verification = startVerification(url, probes.slice(0, 1), 200);
    await eventually(() => count >= 8);
    expect(await verification.stop()).toMatchObject({
      lost: 2,
      failures: { 'GET /items ECONNRESET': 1, 'GET /items 502 upstream_failed': 1 },
      keyed: 0,
    });
  });

  it('were carried out twice where a key gets another answer', async () => {
    let count = 0;
    const url = await gateway(() => ({ status: 201, body: String(count++) }));
    const verification = startVerification(url, probes.slice(1), 200);
    await eventually(() => count >= 3);
    const { keyed, duplicated } = await verification.stop();
    expect(duplicated).toBe(keyed);
  });

  it('leave nothing of their bodies in memory', async () => {
    const url = await gateway(() => ({ status: 200, body: 'x'.repeat(100_000) }));
    const reply = await sendProbe(new Agent(), url, { method: 'GET', path: '/items', body: undefined }, undefined);
    expect(JSON.stringify(reply).length).toBeLessThan(200);
  });

  it('are tried once before', async () => {
    const url = await gateway(({ url: path }) => ({ status: path === '/items' ? 404 : 200, body: '' }));
    expect(await failingProbe(url, probes)).toBe('GET /items brings 404');
    expect(await failingProbe(url, probes.slice(1))).toBeUndefined();
  });

  it('speak TLS to a gateway of https, and check its certificate', async () => {
    const { pair } = await loopbackCertificate();
    server = createTlsServer({ cert: pair.cert, key: pair.key }, (_request, response) => response.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const failing = 'GET /items brings UNABLE_TO_VERIFY_LEAF_SIGNATURE';
    await expect(failingProbe(url, [probeRequest('GET /items')])).resolves.toBe(failing);
  });
});
