import { once } from 'node:events';
import { request } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { defineContract, post } from '@parley/contract';
import { memoryStore } from '@parley/service';
import { type StartedService, startService } from '@parley/service/testing';
import { z } from 'zod';

/** More than the store below can remember. */
const foreignKeys = 4_000;
const atOnce = 50;

const orders = defineContract('orders', {
  order: post('/api/orders', {
    summary: 'Orders',
    safety: 'keyed',
    input: z.object({ book: z.string() }),
    output: z.object({ id: z.string(), book: z.string() }),
  }),
});

let carriedOut = 0;
let service: StartedService;
beforeAll(async () => {
  const handlers = { order: async ({ book }: { book: string }) => ({ id: `${++carriedOut}`, book }) };
  service = await startService(orders, handlers, { idempotency: { store: memoryStore({ maxBytes: 2_000_000 }) } });
}, 30_000);
afterAll(() => service?.stop());

interface Answered {
  readonly status: number;
  readonly body: string;
  readonly isReplay: boolean;
  readonly retryAfter: string | undefined;
}

/** Sends a request from a loopback address of its own. */
async function order(localAddress: string, key: string, book: string): Promise<Answered> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const sending = request(`${service.url}/api/orders`, { method: 'POST', localAddress, headers });
  sending.end(JSON.stringify({ book }));
  const [reply] = await once(sending, 'response');
  let body = '';
  for await (const chunk of reply.setEncoding('utf8')) body += chunk;
  return {
    status: reply.statusCode,
    body,
    isReplay: 'idempotent-replayed' in reply.headers,
    retryAfter: reply.headers['retry-after'],
  };
}

/** The same over a connection that speaks HTTP/2. */
async function orderOver(session: ClientHttp2Session, key: string, book: string): Promise<Answered> {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/api/orders',
    'content-type': 'application/json',
    'idempotency-key': key,
  });
  stream.end(JSON.stringify({ book }));
  const [headers] = await once(stream, 'response');
  let body = '';
  for await (const chunk of stream.setEncoding('utf8')) body += chunk;
  return {
    status: headers[':status'],
    body,
    isReplay: 'idempotent-replayed' in headers,
    retryAfter: headers['retry-after'],
  };
}

it('answers a victim as before, though a stranger has sent more keys than can be remembered', async () => {
  const first = await order('127.0.0.2', 'victim', 'Emma');
  expect(first.status).toBe(200);
  const stolen = await order('127.0.0.3', 'victim', 'Emma');
  expect(stolen).toMatchObject({ status: 200, isReplay: false });

  const session = connect(service.url, {
    createConnection: ({ hostname, port }) =>
      connectSocket({ host: hostname, port: Number(port), localAddress: '127.0.0.4' }),
  });
  const tally: Record<string, number> = {};
  let next = 0;
  const flood = async () => {
    while (next < foreignKeys) {
      const key = `foreign-${next++}`;
      const before = carriedOut;
      const over = next % 2 ? 'HTTP/1.1' : 'HTTP/2';
      const reply = next % 2 ? await order('127.0.0.3', key, 'Emma') : await orderOver(session, key, 'Emma');
      const label = `${over} ${reply.status}`;
      tally[label] = (tally[label] ?? 0) + 1;
      if (reply.status !== 200) expect(Number(reply.retryAfter)).toBeGreaterThan(0);
      else expect(carriedOut).toBeGreaterThan(before);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, flood));
  console.info(`foreign keys: ${JSON.stringify({ foreignKeys, carriedOut, ...tally })}`);
  session.close();

  // Two that were let in, and those of the flood that were.
  expect(carriedOut).toBe(2 + (tally['HTTP/1.1 200'] ?? 0) + (tally['HTTP/2 200'] ?? 0));
  expect(tally['HTTP/1.1 429'] ?? 0).toBeGreaterThan(500);
  expect(tally['HTTP/2 429'] ?? 0).toBeGreaterThan(500);
  expect(await order('127.0.0.2', 'victim', 'Emma')).toMatchObject({ status: 200, isReplay: true, body: first.body });
  expect(await order('127.0.0.2', 'new', 'Emma')).toMatchObject({ status: 200, isReplay: false });
  // The attacker's own are kept too: what was answered is never carried out again.
  expect(await order('127.0.0.3', 'victim', 'Emma')).toMatchObject({ isReplay: true, body: stolen.body });
});
