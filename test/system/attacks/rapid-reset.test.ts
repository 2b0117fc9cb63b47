import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import { defineContract, get, isCallError } from '@parley/contract';
import { z } from 'zod';
import { http2Frame, uint32 } from '../../../packages/client/test-fixtures/http2-frames.ts';
import { startCalls } from '../../steady-load.ts';
import { type AttackedService, startAttacked } from './attacked-service.ts';

const paused = defineContract('attacked', {
  pause: get('/api/pause', {
    summary: 'Answers later',
    input: z.object({ ms: z.number() }),
    output: z.object({ text: z.string() }),
  }),
});

let service: AttackedService;
beforeEach(async () => {
  service = await startAttacked();
}, 60_000);
afterEach(() => {
  service?.process.kill('SIGKILL');
});

it('keeps the connection of a client with many short timeouts', async () => {
  const upstream = createUpstream('attacked', service.url, { http: '2' });
  const client = createClient(paused, upstream);
  const endings: Record<string, number> = {};
  const load = startCalls(300, async (n) => {
    const isHasty = n % 5 < 3;
    const ending = await client.pause({ ms: isHasty ? 60 : 1 }, { timeoutMs: isHasty ? 20 : 5000 }).then(
      () => 'done',
      (error) => (isCallError(error) ? error.code : String(error)),
    );
    const label = `${isHasty ? 'hasty' : 'innocent'} ${ending}`;
    endings[label] = (endings[label] ?? 0) + 1;
    return undefined;
  });
  await wait(8000);
  const { sent } = await load.stop();
  await upstream.close();
  console.info(`calls with short limits: ${JSON.stringify({ sent, ...endings })}`);
  const innocent = Object.entries(endings).filter(([label]) => label.startsWith('innocent'));
  const all = innocent.reduce((sum, [, count]) => sum + count, 0);
  expect((endings['innocent done'] ?? 0) / all).toBeGreaterThan(0.98);
  // Far more than any burst that a flood is allowed.
  expect(sent - all).toBeGreaterThan(1000);
}, 60_000);

const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), http2Frame(4, 0, 0)]);
// `:method GET`, `:scheme http`, `:path /`, `:authority x`: from HPACK's static table.
const head = Buffer.from([0x82, 0x86, 0x84, 0x41, 1, 0x78]);

/** What one round of a flood sends; `n` counts from 0. */
const floods: Record<string, (n: number) => Buffer> = {
  'HEADERS and RST_STREAM (CVE-2023-44487)': (n) =>
    Buffer.concat([http2Frame(1, 5, 2 * n + 1, head), http2Frame(3, 0, 2 * n + 1, uint32(8))]),
  'HEADERS and a window update of 0 (MadeYouReset, CVE-2025-8671)': (n) =>
    Buffer.concat([http2Frame(1, 5, 2 * n + 1, head), http2Frame(8, 0, 2 * n + 1, uint32(0))]),
  'HEADERS and a window beyond the largest (MadeYouReset)': (n) =>
    Buffer.concat([http2Frame(1, 5, 2 * n + 1, head), http2Frame(8, 0, 2 * n + 1, uint32(0x7f_ff_ff_ff))]),
  'HEADERS and DATA after the end (MadeYouReset)': (n) =>
    Buffer.concat([http2Frame(1, 5, 2 * n + 1, head), http2Frame(0, 0, 2 * n + 1, Buffer.from('x'))]),
  'CONTINUATION (CVE-2024-27316)': (n) =>
    n === 0 ? http2Frame(1, 1, 1, head) : http2Frame(9, 0, 1, Buffer.from([0x82])),
  SETTINGS: () => http2Frame(4, 0, 0),
  PING: () => http2Frame(6, 0, 0, Buffer.alloc(8)),
};

describe.each(Object.entries(floods))('a flood of %s', (name, round) => {
  it('ends its connection, and no other', async () => {
    const innocent = connectHttp2(service.url);
    await once(innocent, 'connect');
    const socket: Socket = connect(service.port, '127.0.0.1').on('error', () => {});
    socket.resume().write(preface);
    let rounds = 0;
    const isClosed = () => socket.destroyed || socket.readableEnded;
    while (!isClosed() && rounds < 40_000) {
      const some = Array.from({ length: 50 }, (_, index) => round(rounds + index));
      socket.write(Buffer.concat(some));
      rounds += some.length;
      await wait(1);
    }
    for (let n = 0; n < 1000 && !isClosed(); n++) await wait(10);
    console.info(`${name}: ${rounds} rounds`);
    expect(isClosed()).toBe(true);
    const asked = innocent.request({ ':path': '/api/quick' });
    const [reply] = await once(asked, 'response');
    expect(reply[':status']).toBe(200);
    innocent.destroy();
    socket.destroy();
  }, 60_000);
});
