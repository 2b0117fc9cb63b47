import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { loopback } from '../../ports/ports.ts';
import { KeptConnections } from './kept-connections.ts';
import { openReplicas, refusalOfError } from './replicas.ts';

const closeables: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closeables.splice(0).reverse()) await close();
});

/** A replica, and how many requests it has seen. */
async function replica(answer: RequestListener) {
  const seen = { requests: 0, address: '' };
  const server = createServer((request, response) => {
    seen.requests++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve));
  closeables.push(() => {
    server.closeAllConnections();
    server.close();
  });
  seen.address = `${loopback}:${(server.address() as AddressInfo).port}`;
  return seen;
}

/** Sends requests at once, and gives their statuses. */
function sendingTo(...addresses: readonly string[]) {
  const agent = new KeptConnections();
  const upstream = openReplicas('things', addresses, { agent, replyTimeoutMs: 12_000 });
  closeables.push(() => {
    agent.destroy();
    return upstream.close();
  });
  return (count: number, method = 'GET') => {
    const safety = method === 'GET' ? 'idempotent' : 'unsafe';
    const sent = () => upstream.send({ label: 'things', method, path: '/', headers: { host: 'x' }, safety });
    const status = () =>
      sent().then(
        ({ body }) => (body as IncomingMessage).resume().statusCode,
        (error) => refusalOfError(error).cause,
      );
    return Promise.all(Array.from({ length: count }, status));
  };
}

const good: RequestListener = (_, response) => response.end('good');
const broken: RequestListener = (request) => request.socket.destroy();

describe('the replicas of a service', () => {
  it('share its requests', async () => {
    const all = [await replica(good), await replica(good), await replica(good)];
    expect(await sendingTo(...all.map(({ address }) => address))(60)).toEqual(Array(60).fill(200));
    for (const { requests } of all) expect(requests).toBeGreaterThan(5);
  });

  it.each([500, 503, 504])('are judged by no status: %d is passed on once, and asked for again', async (status) => {
    const failing = await replica((_, response) => response.writeHead(status, { 'retry-after': '1' }).end());
    const other = await replica(good);
    const statuses = await sendingTo(failing.address, other.address)(60);
    expect(failing.requests + other.requests).toBe(60);
    expect(failing.requests).toBeGreaterThan(10);
    expect(statuses.filter((one) => one === status)).toHaveLength(failing.requests);
  });

  it('are left out when they broke, and get no request that another one answers', async () => {
    const [breaking, other] = [await replica(broken), await replica(good)];
    const send = sendingTo(breaking.address, other.address);
    for (let n = 0; n < 20 && breaking.requests === 0; n++) await send(1);
    const before = breaking.requests;
    expect(before).toBe(1);
    expect(await send(20, 'POST')).toEqual(Array(20).fill(200));
    expect(breaking.requests).toBe(before);
  });

  it('are asked all the same where there is one only', async () => {
    const breaking = await replica(broken);
    expect(await sendingTo(breaking.address)(10, 'POST')).toEqual(Array(10).fill('reset_by_upstream'));
    expect(breaking.requests).toBe(10);
  });
});
