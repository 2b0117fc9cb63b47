import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import { defineContract, get, isCallError } from '@parley/contract';
import { z } from 'zod';
import { frame, headOf, preface, uint32 } from '../../http2-frames.ts';
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

// `:method GET`, `:scheme http`, `:path /`, `:authority x`: from HPACK's static table.
const head = Buffer.from([0x82, 0x86, 0x84, 0x41, 1, 0x78]);
const request = frame(1, 5, 1, head);
const upload = frame(1, 4, 1, headOf('/api/write', 'POST', { 'content-type': 'application/json' }));
const nothing = Buffer.alloc(0);
/** Type DATA, flag END_STREAM, stream 1. */
const endOfReply = Buffer.from([0, 1, 0, 0, 0, 1]);

/** What one round of a flood sends; `n` counts from 0. */
const floods: Record<string, (n: number) => Buffer> = {
  'HEADERS and RST_STREAM (CVE-2023-44487)': (n) =>
    Buffer.concat([frame(1, 5, 2 * n + 1, head), frame(3, 0, 2 * n + 1, uint32(8))]),
  'HEADERS and a window update of 0 (MadeYouReset, CVE-2025-8671)': (n) =>
    Buffer.concat([frame(1, 5, 2 * n + 1, head), frame(8, 0, 2 * n + 1, uint32(0))]),
  'HEADERS and a window beyond the largest (MadeYouReset)': (n) =>
    Buffer.concat([frame(1, 5, 2 * n + 1, head), frame(8, 0, 2 * n + 1, uint32(0x7f_ff_ff_ff))]),
  'HEADERS and DATA after the end (MadeYouReset)': (n) =>
    Buffer.concat([frame(1, 5, 2 * n + 1, head), frame(0, 0, 2 * n + 1, Buffer.from('x'))]),
  'CONTINUATION (CVE-2024-27316)': (n) => (n === 0 ? frame(1, 1, 1, head) : frame(9, 0, 1, Buffer.from([0x82]))),
  SETTINGS: () => frame(4, 0, 0),
  PING: () => frame(6, 0, 0, Buffer.alloc(8)),
  'empty DATA (CVE-2019-9518)': (n) => (n === 0 ? upload : frame(0, 0, 1)),
  'empty DATA with padding': (n) => (n === 0 ? upload : frame(0, 8, 1, Buffer.from([0]))),
  'DATA of one byte': (n) => (n === 0 ? upload : frame(0, 0, 1, Buffer.from(' '))),
  'PRIORITY (CVE-2019-9513)': (n) => frame(2, 0, 2 * n + 1, Buffer.from([0, 0, 0, 0, 16])),
  PRIORITY_UPDATE: () => frame(16, 0, 0, uint32(1)),
  'frames of an unknown type': () => frame(99, 0, 0),
  'RST_STREAM for a stream that has ended': (n) =>
    Buffer.concat([n === 0 ? request : nothing, frame(3, 0, 1, uint32(8))]),
  'answers to PING that was never sent': () => frame(6, 1, 0, Buffer.alloc(8)),
  'answers to SETTINGS that were never sent': () => frame(4, 1, 0),
  GOAWAY: () => frame(7, 0, 0, Buffer.alloc(8)),
};

/** Frames that an honest client sends too, or that cross the end of a stream. Each takes the service less than 0.1 µs. */
const harmless: Record<string, Buffer> = {
  'WINDOW_UPDATE for the connection': frame(8, 0, 0, uint32(1)),
  'WINDOW_UPDATE for a stream that has ended': frame(8, 0, 1, uint32(1)),
  'DATA for a stream that has ended': frame(0, 0, 1),
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

describe.each(Object.entries(harmless))('200 000 frames of %s', (_name, one) => {
  it('end no connection, and other callers are answered', async () => {
    const innocent = connectHttp2(service.url);
    const socket: Socket = connect(service.port, '127.0.0.1');
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
    });
    const untilReceived = async (bytes: Buffer) => {
      while (!received.includes(bytes)) await once(socket, 'data');
    };
    socket.write(Buffer.concat([preface, request]));
    await untilReceived(endOfReply);
    const some = Buffer.concat(Array<Buffer>(10_000).fill(one));
    for (let n = 0; n < 20; n++) {
      if (!socket.write(some)) await once(socket, 'drain');
      const [reply] = await once(innocent.request({ ':path': '/api/quick' }), 'response');
      expect(reply[':status']).toBe(200);
    }
    // The answer has the same 8 bytes: every frame before it was read.
    const mark = Buffer.from('all read');
    socket.write(frame(6, 0, 0, mark));
    await untilReceived(mark);
    innocent.destroy();
    socket.destroy();
  }, 60_000);
});

it('takes a body that comes in 5000 pieces', async () => {
  const innocent = connectHttp2(service.url);
  const asked = innocent.request({ ':path': '/api/write', ':method': 'POST', 'content-type': 'application/json' });
  const answered = once(asked, 'response');
  asked.write('{"text":"');
  for (let n = 0; n < 5000; n++) await new Promise((resolve) => asked.write('0123456789', resolve));
  asked.end('"}');
  const [reply] = await answered;
  expect(reply[':status']).toBe(200);
  innocent.destroy();
}, 60_000);
