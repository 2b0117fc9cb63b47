import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from '@jest/globals';
import { defineContract, get } from '@parley/contract';
import express, { type RequestHandler } from 'express';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.ts';
import { startService } from '../testing/started-service.ts';

const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const contract = defineContract('queue', {
  first: get('/first', { summary: 'Waits', output: z.object({}) }),
  next: get('/next', { summary: 'Answers', output: z.object({ number: z.int() }) }),
});

async function serving({ legacy }: { legacy?: RequestHandler } = {}) {
  const held = Promise.withResolvers<void>();
  const calls = { next: 0 };
  const handlers = {
    first: async () => held.promise.then(() => ({})),
    next: async () => ({ number: ++calls.next }),
  };
  const service = await startService(contract, handlers, {
    ...(legacy && { mount: [{ app: express().use(legacy), path: '/legacy' }] }),
  });
  open.push(() => service.stop());
  open.push(() => held.resolve());
  const socket = () => {
    const client = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => {});
    open.push(() => client.destroy());
    return client;
  };
  return { service, calls, socket, release: held.resolve };
}

const asking = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const numbers = (replies: string) => [...replies.matchAll(/"number":(\d+)/g)].map(([, number]) => Number(number));

it('answers 128 requests that a client sends at once, in their order, and keeps the connection for fewer', async () => {
  const { socket, release, calls, service } = await serving();
  const client = socket();
  client.write(asking('/first') + asking('/next').repeat(126));
  await eventually(() => calls.next === 126);
  release();
  let replies = '';
  client.on('data', (bytes) => {
    replies += bytes;
  });
  await eventually(() => numbers(replies).length === 126);
  expect(numbers(replies)).toEqual(Array.from({ length: 126 }, (_, index) => index + 1));
  expect(replies).not.toMatch(/connection: close/i);
  client.write(asking('/next').repeat(2));
  await eventually(() => numbers(replies).length === 128);
  expect(service.logs.filter(({ level }) => level === 'warn')).toEqual([]);
});

it.each([
  'GET /next HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n',
  '\x01 no request\r\n\r\n',
])('answers the first 128 whatever comes behind them: %j', async (behind) => {
  const { socket, release, calls } = await serving();
  const client = socket();
  client.write(asking('/first') + asking('/next').repeat(128) + behind);
  await eventually(() => calls.next === 128);
  release();
  expect(numbers(await text(client))).toHaveLength(128);
});

it('ends the connection after the reply to an offer of another protocol, whatever comes behind it', async () => {
  const { socket, calls, service } = await serving();
  const offer = asking('/next').replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  const client = socket();
  const replies = text(client);
  client.write(`${offer}POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: ${asking('/next').length}\r\n\r\n`);
  await eventually(() => calls.next === 1);
  client.write(asking('/next'));
  expect(numbers(await replies)).toEqual([1]);
  expect(await replies).toMatch(/connection: close/i);
  const { port } = new URL(service.adminUrl);
  const operator = connect(Number(port), '127.0.0.1').on('error', () => {});
  operator.write(offer.replace('/next', '/livez') + asking('/livez'));
  expect((await text(operator)).match(/^HTTP\/1.1 200 /gm)).toHaveLength(1);
  expect(calls.next).toBe(1);
});

it.each([199, 5000])(
  'of one request and %d behind it answers the first 128, and says with the last one that it closes',
  async (count) => {
    const { socket, release, calls, service } = await serving();
    const client = socket();
    client.write(asking('/first') + asking('/next').repeat(count));
    await eventually(() => calls.next === 128);
    release();
    const replies = await text(client);
    expect(numbers(replies)).toEqual(Array.from({ length: 128 }, (_, index) => index + 1));
    expect(replies.match(/connection: close/gi)).toHaveLength(1);
    expect(replies.lastIndexOf('HTTP/1.1 200')).toBeLessThan(replies.search(/connection: close/i));
    expect(calls.next).toBe(128);
    expect(service.logs).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        connections: 1,
        peer: '127.0.0.1',
        msg: expect.stringContaining('128'),
      }),
    );
  },
);

it('closes after the last one where a mounted app says that it keeps the connection', async () => {
  const { socket, release, calls } = await serving({
    legacy: (_req, res) => void res.set('connection', 'keep-alive').json({}),
  });
  const client = socket();
  client.write(asking('/first') + asking('/next').repeat(127) + asking('/legacy/'));
  await eventually(() => calls.next === 127);
  release();
  expect(numbers(await text(client))).toHaveLength(127);
});

it('carries out none behind a request that a proxy could read otherwise, and answers those in front of it', async () => {
  const { socket, release, calls } = await serving();
  const client = socket();
  client.write(`${asking('/first')}GET /next HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n${asking('/next').repeat(3)}`);
  release();
  const replies = await text(client);
  expect(replies.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  expect(calls.next).toBe(0);
});
