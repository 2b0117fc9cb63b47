import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TcpGate } from './tcp-gate.ts';

let echo: Server;
let gate: TcpGate;
let received: string;
let caller: Socket;

beforeEach(async () => {
  received = '';
  echo = createServer((socket) => {
    socket.on('error', () => {}).on('data', (chunk) => socket.write(chunk));
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  gate = await TcpGate.open(`http://127.0.0.1:${(echo.address() as AddressInfo).port}`);
  caller = await connected();
});
afterEach(async () => {
  caller.destroy();
  await gate.close();
  await new Promise((resolve) => echo.close(resolve));
});

async function connected(): Promise<Socket> {
  const socket = connect(Number(new URL(gate.url).port), '127.0.0.1');
  socket.setEncoding('utf8').on('data', (text) => {
    received += text;
  });
  await once(socket, 'connect');
  return socket;
}

/** Sends something, and waits for all of it to come back. */
async function echoed(text: string): Promise<number> {
  const startMs = performance.now();
  const wanted = received + text;
  caller.write(text);
  while (received !== wanted) await once(caller, 'data');
  return performance.now() - startMs;
}

const isQuietFor = (ms: number) =>
  Promise.race([
    once(caller, 'data').then(() => false),
    new Promise<boolean>((resolve) => setTimeout(resolve, ms, true)),
  ]);

describe('a TCP gate', () => {
  it('lets pass, both ways and to the end', async () => {
    await echoed('hello');
    caller.end();
    await once(caller, 'close');
  });

  it('holds what is sent into a black hole, and lets it through when it passes again', async () => {
    await echoed('before');
    gate.become({ kind: 'black hole' });
    caller.write('held');
    expect(await isQuietFor(100)).toBe(true);
    gate.become({ kind: 'pass' });
    await once(caller, 'data');
    expect(received).toBe('beforeheld');
  });

  it('takes connections into a black hole', async () => {
    gate.become({ kind: 'black hole' });
    caller.destroy();
    caller = await connected();
    caller.write('held');
    expect(await isQuietFor(100)).toBe(true);
  });

  it('resets connections, open ones and new ones', async () => {
    await echoed('before');
    const reset = once(caller, 'error'); // not thrown: it is what once() waits for
    gate.become({ kind: 'reset' });
    expect(await reset).toMatchObject([{ code: 'ECONNRESET' }]);
    caller = connect(Number(new URL(gate.url).port), '127.0.0.1');
    expect(await once(caller, 'error')).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('delays replies', async () => {
    gate.become({ kind: 'delay', ms: 100 });
    expect(await echoed('hello')).toBeGreaterThanOrEqual(99);
  });

  it('lets replies drip, and the rest through when it passes again', async () => {
    gate.become({ kind: 'drip', bytes: 2, everyMs: 20 });
    expect(await echoed('0123456789')).toBeGreaterThanOrEqual(4 * 19);
    gate.become({ kind: 'drip', bytes: 1, everyMs: 1_000 });
    caller.write('abc');
    await once(caller, 'data');
    gate.become({ kind: 'pass' });
    await once(caller, 'data');
    expect(received).toBe('0123456789abc');
  });
});
