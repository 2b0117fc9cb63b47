import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from '@jest/globals';
import { defineContract, get } from '@parley/contract';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { startService } from '../testing/started-service.ts';
import { createAdminServer } from './admin-server.ts';

const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function started(listener: RequestListener, maxConnections?: number) {
  const { logger, lines } = capturedLog();
  const server = createAdminServer(listener, { logger, maxConnections });
  open.push(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: (server.address() as AddressInfo).port, lines };
}

function send(port: number, bytes: string): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  open.push(() => socket.destroy());
  if (bytes) socket.write(bytes);
  return socket;
}

const head = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n';

it('lets an operator in while 600 others keep connections to a service, with and without part of a request', async () => {
  const contract = defineContract('besieged', { quick: get('/quick', { summary: 'Answers', output: z.object({}) }) });
  const service = await startService(contract, { quick: async () => ({}) });
  open.push(() => service.stop());
  const port = Number(new URL(service.adminUrl).port);
  const parts = [
    '',
    'GET /livez HTTP/1.1\r\nHost: ',
    'PUT /admin/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{',
  ];
  const others = Array.from({ length: 600 }, (_, n) => send(port, parts[n % 3] as string).resume());
  const closed = () => others.filter((socket) => socket.closed).length;
  await eventually(() => closed() >= 600 - 256);
  expect((await fetch(`${service.adminUrl}/admin/service`)).status).toBe(200);
  expect((await fetch(`${service.url}/quick`)).status).toBe(200);
  expect(closed()).toBeLessThanOrEqual(600 - 254);
  expect(
    service.logs.filter(({ msg }) => String(msg).startsWith('closed connections to the operators’ port')),
  ).toHaveLength(1);
});

it('closes connections without a whole request before one that waits for its reply', async () => {
  const reply = Promise.withResolvers<() => void>();
  const { port } = await started((_req, res) => reply.resolve(() => void res.end('here')), 2);
  const waiting = send(port, head.replace('Host', 'Connection: close\r\nHost'));
  const answer = await reply.promise;
  const idle = Array.from({ length: 5 }, () => send(port, '').resume());
  await eventually(() => idle.filter((socket) => socket.closed).length === 4);
  answer();
  expect(await text(waiting)).toMatch(/here$/);
});

it('closes a connection whose client sends more than 4 requests without a reply, and serves none of the rest', async () => {
  let served = 0;
  const { port } = await started(() => void served++);
  await once(send(port, head.repeat(1500)).resume(), 'close');
  expect(served).toBe(4);
});

it('serves any number of requests of one connection in turn', async () => {
  const { port } = await started((_req, res) => res.end('ok'));
  const socket = send(port, '');
  for (let n = 0; n < 20; n++) {
    socket.write(head);
    expect(String((await once(socket, 'data'))[0])).toContain('200 OK');
  }
});

it('cuts off a client that leaves more than 64 MiB of replies unread', async () => {
  const page = 'x'.repeat(17_000_000);
  const { port, lines } = await started((_req, res) => res.end(page));
  send(port, head.repeat(4)).pause();
  await eventually(() => lines.some(({ msg }) => msg === 'replies to operators cut off: too many unread bytes'));
});
